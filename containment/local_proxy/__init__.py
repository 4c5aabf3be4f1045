"""The local proxy: the only way from a sandbox to the network, which decides each connection by the launcher's profile.

`rules` decides, without any input or output; `wire` has the formats of clients and servers; `attribution` finds the program behind a
connection; `serve` runs the proxy for one sandbox.
"""
