"""Names in WebGroups: read them, and infer which groups belong to denies before ids are known."""
