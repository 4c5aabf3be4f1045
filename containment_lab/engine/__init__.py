"""The lab's test engine: runs a Pulumi Python program, its providers and policy packs over Pulumi's own gRPC protocols.

It is not `pulumi`. It keeps Pulumi's checkpoint format, operation names, and order of provider calls and decisions, as recorded from the
official engine (tests/conformance); it refuses unsupported features by name (docs/lab-engine.md). Start reading at `session`, then
`deployment`.
"""
