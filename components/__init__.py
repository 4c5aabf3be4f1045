"""The Pulumi resources of a containment deployment, one component a file.

Thin on purpose: the spec has already decided everything, so nothing here reads configuration or branches on a stack's
name. Children are parented to their component and nothing else is merged into their options.
"""
