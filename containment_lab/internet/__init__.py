"""The simulated internet: sites, name servers, certificates and the address plan."""
