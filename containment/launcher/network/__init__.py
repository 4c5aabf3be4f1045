"""The network of a session: its connections to the local proxy, and the authorities that it trusts."""
