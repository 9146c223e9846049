"""The terminal, options, files and processes that commands share."""
