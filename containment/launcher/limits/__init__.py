"""Limits of a command: control groups for its processes, and its deadline."""
