"""Observed traffic: logs are read into one table of decisions, questions are asked of it, and the answer is evidence.

`sources` opens files, `formats` recognizes them by content, `ingest` counts every line, `questions` has the questions as Ibis expressions,
`evidence` is the JSON document that promotion and enforcement are decided on. Needs the extra `observe`.
"""
