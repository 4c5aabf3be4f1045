"""The policy pack: a second opinion on what a Pulumi program would deploy, read from its resources and never from its spec.

Reading order: `plain` (values with an explicit UNKNOWN), `graph` (resources and references), `hosts`, `place`, `space`,
`routes` and `network/` (routes, regions, names, other stacks' files), `deployed/` (what is there, where it differs from what a
program sets), `iam/` (roles, trust, endpoint policies), `user_data` with `secrets/` and `logins/`, `dcf`, `dcf_groups`, `dcf_scope`,
`shadow` and `chain` (what they mean), `proof/` (permits judged by the flows they decide), `type_table/` (reviewed types), `finding` and
`rules/` (one rule per file), `registry`, `waivers`; then the front ends: `adapter` (CrossGuard) and `judge` (the program itself, state
files). Of `containment` only the model's names, errors and domain patterns are used; `spec` and `policy` are not, so that one mistake
is not made twice.

What it cannot see: what other stacks, consoles and Controllers do; routes and subnets that are not in the program; what runs in
a type of resource that no table has (which it refuses); whether a resource was imported.
"""
