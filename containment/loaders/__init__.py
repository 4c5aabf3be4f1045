"""File input: presets, stack files, scenarios and lists of exceptions, each parsed strictly."""
