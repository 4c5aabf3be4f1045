"""Help of commands: examples, exit codes, completion, wrong usage and the version."""
