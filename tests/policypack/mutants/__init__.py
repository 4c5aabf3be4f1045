"""Holes made in this repository's own compliant stacks, one change each, as data: see `mutant`."""
