"""Frames from video files, image folders, cameras and streams."""
