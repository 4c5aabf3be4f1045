"""Attestations: whether a stack's reviewed policy is in force, and whether its logs arrive, as a signed statement."""
