"""Shipped configurations: YAML files of overrides."""
