"""The linear program, the Hungarian method, and constraints on both."""
