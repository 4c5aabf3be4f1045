"""Networks of the simulated cloud: VPCs, subnets, routes, addresses, security groups and connections."""
