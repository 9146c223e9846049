"""Speed of single parts, beside reference implementations."""
