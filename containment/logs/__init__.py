"""Logs of a contained agent: the formats of the gateway, the VPC and the resolver, each written and parsed in one place.

`gateway`, `vpc_flow` and `resolver_query` have one record per format, with `format` and `parse`; `decisions` converts each of them to
`record.DecisionRecord`, the form that all reports use.
"""
