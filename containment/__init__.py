"""Policies that contain AI agents: their data, rules and proofs, and the commands that query them.

Reading order: `patterns` (names), `catalog` and `config` (reviewed destinations, and the configuration of one stack), `policy` (ordered
rules, and their decision about one flow), `analysis` (proofs over all flows), `risk`. These packages are pure: they import no pulumi,
boto3 or sockets, and read neither clock nor environment. Input and output are in `loaders` (files), `logs`, `controller_api`, `host`,
`confinement`, `preflight`, `queries` and `cli`. The lab is a separate package, `containment_lab`; only `cli` imports it, by name, when a
command needs it.
"""
