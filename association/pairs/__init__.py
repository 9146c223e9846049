"""Candidate pairs of detections and their contextual features."""
