"""Per-frame results kept on disk, for resume and the cache."""
