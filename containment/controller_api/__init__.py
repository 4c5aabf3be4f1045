"""The Controller's HTTP API: the one client for all code that calls it.

`client` sends calls in both dialects, `reader` has a method per read, `errors` the exceptions. Nothing here imports the lab.
"""
