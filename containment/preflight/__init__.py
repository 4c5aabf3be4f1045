"""Checks of the AWS account and the Controller before a deployment; read-only.

Readers (`aws`, `rights`, `controller`) collect facts through clients that are passed in. Checks are pure functions of those facts.
`registry` lists and runs the checks, and `places` chooses the account and the Controller. Checks of this machine are in `doctor`.
"""
