"""Events of the launcher: their log, and their form in the Open Cybersecurity Schema Framework."""
