"""Answers about the record of decisions, actions that wait for persons, and signed bundles."""
