"""Calls that AWS refuses and moto accepts, refused with AWS's error codes."""
