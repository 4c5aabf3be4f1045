"""Files that a user names or a command writes: read whole, and written whole or not at all."""
