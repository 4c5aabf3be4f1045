"""Secrets in text: read every layer that a script can unpack, and recognize keys, tokens and passwords in it."""
