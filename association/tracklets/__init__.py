"""Tracklets: made from safe links, described, and linked at the second level."""
