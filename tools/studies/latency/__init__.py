"""What a bounded delay costs."""
