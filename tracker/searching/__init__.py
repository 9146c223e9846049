"""Search for tracked objects in frames in which the detector missed them."""
