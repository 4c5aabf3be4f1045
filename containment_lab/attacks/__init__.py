"""Attack techniques from the agent host, as a separate program: standard library only, so that it also runs on a real host."""
