"""What an attacker on the agent host tries, as a program of its own: standard library only, so that it also runs on a real host."""
