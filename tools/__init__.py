"""The program `siamlink`: its commands, and what they need."""
