"""What commands exit with; 0 is success."""

EXIT_ERROR = 2
EXIT_PARTIAL = 3
"""An input broke, or ended early, and so do the results."""
EXIT_INTERRUPTED, EXIT_TERMINATED = 130, 143
"""As a shell reports SIGINT and SIGTERM."""
