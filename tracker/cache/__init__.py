"""Records of the frames of videos, for resume and the cache."""
