"""Registered resources as values, with explicit unknowns, and the references between them."""
