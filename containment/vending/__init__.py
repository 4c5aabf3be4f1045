"""Agents by request: reviewed files in `agents/`, each of which gets a host in its stack."""
