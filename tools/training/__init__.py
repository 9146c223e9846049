"""The data that the training commands learn from."""
