"""The catalog of reviewed destinations, and the agent classes that use it, as values. Pure."""
