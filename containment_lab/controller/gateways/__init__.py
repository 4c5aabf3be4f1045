"""Spoke gateways of the Controller simulator: create, edit, resize, and the second gateway."""
