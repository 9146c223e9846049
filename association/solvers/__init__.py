"""The linear program with its costs and constraints, and the Hungarian method."""
