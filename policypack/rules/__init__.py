"""The rules, one a file; each file holds `RULE` and is found by its name."""
