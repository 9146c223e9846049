"""The work behind the command track: jobs, resume, live sources, the cache."""
