"""The reviewed table of resource types: a type passes because a line of it says why, never because nothing objects.

`table` reads the data (`judged.yaml`, `harmless.yaml`, `bounded.yaml`), `bounds` compares properties with a line's bounds,
`providers` judges providers, `gateways` and `keys` judge types by other resources, `house` reads the house's own lines
(`policypack/types.yaml`), and `reasons` sharpens messages.
"""
