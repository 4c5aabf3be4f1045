"""Controller simulator: the part of an Aviatrix Controller's API that a containment deployment uses.

It serves both HTTP dialects of the real one (`/v2/api` actions, `/v2.5/api` REST) over TLS, stores the objects that are
created through them, refuses what the real one is known to refuse, and makes the same changes in the (simulated) AWS account:
gateway instance, address, and the default route of private route tables.
It evaluates no traffic (the lab's gateway does) and does not depend on Pulumi.
"""
