"""The MOTChallenge layout: text files and sequence folders."""
