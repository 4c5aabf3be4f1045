"""The supervisor of a session: system calls that it observes, and what they refer to in the memory of a process."""
