"""Decisions on connections and requests, from a profile alone. Pure."""
