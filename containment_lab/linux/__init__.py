"""Linux facilities of the data plane: network namespaces, nftables, packet logs and child programs."""
