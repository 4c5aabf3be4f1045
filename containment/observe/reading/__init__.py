"""Reading of logs: sources and formats, and every line as a row of `decisions` or a reject."""
