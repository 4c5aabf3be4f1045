"""A small, honest test engine: runs a Pulumi Python program, its providers and its policy packs over Pulumi's own gRPC protocols.

It is not `pulumi`. It keeps Pulumi's checkpoint format, operation names, order of provider calls and of decisions, as recorded from the
official engine (tests/conformance); what it does not do it refuses by name (docs/lab-engine.md). Start reading at `session`, then
`deployment`.
"""
