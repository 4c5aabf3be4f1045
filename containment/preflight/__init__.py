"""Checks of the AWS account and the Controller before a deployment; read-only.

Readers (`aws`, `rights`, `controller`) collect facts through clients that are passed in. Checks are pure functions of those facts.
`registry` lists and runs the checks. Which account and Controller are read, and checks of this machine: `containment.machine`.
"""
