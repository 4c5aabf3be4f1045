"""Names that WebGroups list: reading them, and telling a deny's groups from a permit's before ids are known."""
