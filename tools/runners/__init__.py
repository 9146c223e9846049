"""Independent tasks in other processes, of this machine or of a cluster: one way for all commands."""
