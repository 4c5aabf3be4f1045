"""The pure model: what a contained agent may reach, as values.

Reading order: `names` and `fqdn` (vocabulary), `catalog` and `presets` (reviewed data), `spec` (what one stack is),
`policy` (the ordered rules), `decide` (what happens to one flow). `scenario` and `decision_log` are the shapes that
predictions, packets and logs share.

Nothing here imports pulumi, boto3 or sockets, or reads the clock or the environment; a test enforces it.
"""
