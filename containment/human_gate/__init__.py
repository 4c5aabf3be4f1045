"""The human gate: actions wait in a queue, persons decide with signatures, and each approved action starts at most once."""
