"""One run over one input: frames, detections, links, result."""
