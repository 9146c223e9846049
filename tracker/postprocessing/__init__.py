"""Smoothing, gaps and camera motion of finished tracks."""
