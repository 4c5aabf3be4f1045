"""Pulumi's file and wire formats.

Property values, states, packages, checkpoints, secrets at rest, project and stack files. Runs are the business of `engine`.
"""
