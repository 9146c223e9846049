"""Why links were chosen: what spoke for and against them, and what other choices would have cost."""
