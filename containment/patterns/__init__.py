"""Patterns of domains, URLs and wildcards, with exact match, cover and overlap. Pure."""
