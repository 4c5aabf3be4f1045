"""Checks of single values and between values; each reports every mistake."""
