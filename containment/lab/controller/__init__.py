"""A Controller simulator: the part of an Aviatrix Controller that a containment deployment talks to.

It speaks the two HTTP dialects of the real one (`/v2/api` actions, `/v2.5/api` REST) over TLS, keeps the objects that
are made through them, refuses what the real one is known to refuse, and does in the (simulated) AWS account what a
Controller does there: gateway instance, address, and the private route tables' default route.
It judges no traffic (the lab's gateway does) and knows nothing of Pulumi.
"""
