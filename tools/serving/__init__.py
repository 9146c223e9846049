"""The command report --serve: a server on this machine alone, and the session that links again."""
