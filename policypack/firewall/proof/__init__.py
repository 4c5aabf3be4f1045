"""Proof that permits let through approved flows only.

Reading order: `network` (addresses of the agents' VPCs), `extent` (reach of a SmartGroup's expressions), `decided` (flows that a
permit decides), `permits` (each permit judged by those flows), `resolvers` (DNS), `spare` (the same before group ids are known).
The limit on private addresses is `containment.loaders.address_bound`, the analyzer is `policypack.firewall.analysis`.
"""
