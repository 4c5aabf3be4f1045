"""The configuration of one stack: keys, values, parsing, and the complete spec that they resolve to. Pure."""
