"""Equivalence classes of flows: sources, addresses, transports and server names that no rule distinguishes."""
