"""Files of a confined command: its folders, their stage, and Landlock's rules."""
