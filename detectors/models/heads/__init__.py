"""Families of ONNX detectors: how each is recognised, what input it takes, and how its outputs become boxes."""
