"""Deployed values of properties, where they differ from the values that the program sets.

`deployed_view` builds a second graph of a stack: judged properties have the value that the provider last returned. `properties` lists
these properties, and `shared_values` leaves out the part of a value that other resources of the stack set.
"""
