"""Commands that check a machine, an account and a Controller before a deployment."""
