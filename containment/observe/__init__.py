"""Observed traffic: read logs into one table of decisions, query it, and write the answers as evidence.

`sources` opens files, `formats` recognizes them by content, `ingest` counts every line, `questions` has the questions as Ibis expressions,
`evidence` is the JSON document that `promote` and `enforce` read. Needs the extra `observe`.
"""
