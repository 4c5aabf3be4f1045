"""Questions about a policy, each turned into an `Answer`: one module per command."""
