"""What is deployed, where it differs from what the program sets.

`view` gives rules a second look at a stack: every property that a rule judges, as the provider last answered it. `properties`
lists those properties, `shared` leaves out what other resources of the stack put there, `controller_routes` recognizes the
routes that the Aviatrix Controller writes, and `template_version` finds which version of a launch template a host starts from.
"""
