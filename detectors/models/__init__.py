"""The detectors that siamlink brings, and the names they are loaded by."""
