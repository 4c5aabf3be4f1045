"""The reviewed table of resource types: a type passes only if a line of the table, with its reason, accepts it.

`table` reads the data (`judged.yaml`, `harmless.yaml`, `bounded.yaml`), `bounds` compares properties with a line's bounds,
`properties` finds properties that no review covers, `providers` judges providers, `gateways`, `addons` and `keys` judge types
together with other resources, `house` reads the types that the user's organization accepts (`policypack/types.yaml`), and `reasons`
adds the likely effect of a refused type to its message.
"""
