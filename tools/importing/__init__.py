"""Tracks that were corrected in other tools, made into constraints and ground truth."""
