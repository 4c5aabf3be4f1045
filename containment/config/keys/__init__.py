"""Configuration keys by topic: type, default, description, reason and fix of each."""
