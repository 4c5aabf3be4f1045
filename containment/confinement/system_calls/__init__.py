"""System calls of a confined command: the filter, its decisions, and the calls that it reports."""
