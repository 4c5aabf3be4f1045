"""The reviewed table of resource types: a type passes only if a line of the table, with its reason, accepts it.

`table` reads the data (`judged.yaml`, `harmless.yaml`, `bounded.yaml`), `bounds` compares properties with a line's bounds,
`reviewed_properties` finds properties that no review covers, `foreign_arns` other accounts; `providers` judges providers, `gateways`,
`addons` and `agent_hosts` judge types together with other resources, and `accepted_types` reads the types that the user's organization
accepts (`policypack/types.yaml`).
"""
