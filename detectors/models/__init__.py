"""The built-in detectors, and loading detectors by name."""
