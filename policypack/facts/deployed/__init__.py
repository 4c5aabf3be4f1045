"""Deployed values of properties, where they differ from the values that the program sets.

`view` builds a second graph of a stack: judged properties have the value that the provider last returned. `properties` lists
these properties, `shared` leaves out the part of a value that other resources of the stack set, `controller_routes` recognizes
the routes that the Aviatrix Controller writes, and `template_version` finds the version of a launch template that a host starts.
"""
