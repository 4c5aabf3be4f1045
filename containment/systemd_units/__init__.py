"""Units of systemd: the form of their files, and the timers of commands that run regularly."""
