"""Pulumi's file and wire formats, for whatever reads or writes them.

Property values, states, packages, checkpoints, secrets at rest, project and stack files. They know nothing of runs: `engine` does.
"""
