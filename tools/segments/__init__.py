"""One long video in segments: each is detected and described alone, and then all are linked as one video."""
