"""Streams, HTTP messages and TLS client hellos, names and upstream connections."""
