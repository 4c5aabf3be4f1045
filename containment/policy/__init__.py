"""Ordered policy of one stack: build its rules from a spec and decide single flows. Pure: no I/O."""
