"""One local page on which a person approves or rejects the actions that wait, one at a time."""
