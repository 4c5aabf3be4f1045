"""DNS of the simulated cloud: the resolver, its query logs, and its firewall."""
