"""Names that a permit may contain: one validator for the catalog, the stack's keys, the policy pack and `promote`.

`name.refusal_of` decides; the other modules are its parts and its data. Deny lists do not use it: a deny may be as wide
as needed. Pure: the one file read is the public suffix list that the library `publicsuffixlist` ships.
"""
