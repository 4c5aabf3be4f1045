"""The rules, one per file: each file defines `RULE` and is found by its file name."""
