"""The gateway of a stack's network: the enforced policy as nftables and Envoy configuration, and its logs."""
