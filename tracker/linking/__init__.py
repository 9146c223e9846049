"""Detections in, track ids out: offline, windowed and online."""
