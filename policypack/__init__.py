"""The policy pack: a second opinion on what a Pulumi program would deploy, read from its resources and never from its spec.

Reading order: `plain` (values with an explicit UNKNOWN), `graph` (resources and references), `hosts`, `place`, `space`,
`routes`, `dcf`, `dcf_groups`, `dcf_scope`, `shadow` and `chain` (what they mean), `proof/` (what permits let through), `finding`
and `rules/` (what is demanded, one rule per file), `registry`, `waivers`; then the front ends: `adapter` (CrossGuard) and `judge`
(the program itself, state files). Of `containment` only the model's names, errors and domain patterns are used; `spec` and
`policy` are not, so that one mistake is not made twice.

What it cannot see: what other stacks, consoles and Controllers do; routes and subnets that are not in the program; what runs in
a type of resource it does not read (which it refuses); whether a resource was imported.
"""
