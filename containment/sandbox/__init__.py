"""The inside of a host: what an agent's processes may read, write, run and call. Pure.

`section` is the format of a class's `sandbox:` section, `permissions` the same as plain values, `inclusion` compares two of them, and
`profile` is the launcher's document.
"""
