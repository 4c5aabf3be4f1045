"""Configuration as Pulumi writes and reads it: project files, stack files, and the values that the engine passes."""
