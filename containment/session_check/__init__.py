"""Open and end one session on an agent host through the stack's own document, and find its record."""
