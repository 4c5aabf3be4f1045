"""Pulumi components of a containment deployment, one per file.

Components only create resources. Every decision is already made in the spec, so nothing here reads configuration or branches on a
stack's name. Children are parented to their component, and no other options are merged into theirs.
"""
