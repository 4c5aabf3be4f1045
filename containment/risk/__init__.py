"""Residual risks, blast radius and threats. Pure."""
