"""How likely two detections are one object, and which links are best together."""
