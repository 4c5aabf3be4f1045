"""The simulated VPC of a stack: machines, wiring, filters, resolver and endpoints."""
