"""The study of cost: what many videos and long streams take in time, memory and disk."""
