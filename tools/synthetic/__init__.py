"""A synthetic street with known ground truth."""
