"""The cost of a bounded delay."""
