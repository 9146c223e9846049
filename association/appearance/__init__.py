"""Appearance descriptors of detections: networks, patches and optical flow."""
