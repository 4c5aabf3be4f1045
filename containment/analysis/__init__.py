"""The analyser: exact answers about all flows of a policy, each a proof or a witness.

Every dimension of a flow (source, destination, claim, transport) is divided into equivalence classes that no rule distinguishes. A
class carries the bits of the rules that match it, and a question is a search for one class per dimension whose common bits include
every needed box and no avoided one. docs/proofs.md describes representation and cost.
"""
