"""What must be true of the account and the Controller before a deployment, looked at without changing anything.

Readers (`aws`, `rights`, `controller`) gather facts through clients they are given; checks judge facts and call nobody; `registry` has the
list of checks and runs them; `places` says whom to ask. What one machine must have is `doctor`'s.
"""
