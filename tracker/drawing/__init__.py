"""Tracks drawn on the frames of their video."""
