"""The policy pack: an independent check of what a Pulumi program would deploy, by its resources and never by its spec.

Reading order: `graph/` (values with an explicit UNKNOWN, resources and references), `facts/` (hosts, routes, IAM, user data, and what
is deployed where it differs from the program), `firewall/` (DCF rules, their groups, and permits judged by the flows they decide),
`type_table/` (reviewed types), `finding` and `rules/` (one rule per file), `registry`, `waivers`; then the front ends: `adapter`
(CrossGuard) and `judge` (the program itself, state files).
The pack does not import the configuration, the spec or the policy builder of `containment`, so that an error there is not repeated here.

Not checked: changes by other stacks, consoles and Controllers; routes and subnets that are not in the program; what runs in a
resource of a type that no table lists (such a type is refused); whether a resource was imported.
"""
