"""Promotion of observed destinations: from names to reviewed entries in a file, with the proof of what they open and a pull request."""
