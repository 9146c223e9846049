"""Boosted trees: loading, checking and prediction."""
