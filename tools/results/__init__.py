"""Results of earlier runs, read again."""
