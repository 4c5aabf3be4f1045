"""Secrets in text: reading every layer that a script can unpack, and recognizing keys, tokens and passwords in it."""
