"""`containment fleet`: its commands, their runs, and the live table of a run."""
