"""Output of a `containment lab` run for a person: progress, the tree of changes, and the verdict."""
