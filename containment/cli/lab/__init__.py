"""`containment lab`: one module per group of commands, and their output."""
