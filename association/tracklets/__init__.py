"""Tracklets: summarised, described by features, and linked at the second level."""
