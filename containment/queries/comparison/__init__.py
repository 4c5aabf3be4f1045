"""Comparison of two policies: the `diff` command, its two sides and the revisions that it reads."""
