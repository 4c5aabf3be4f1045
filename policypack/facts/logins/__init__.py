"""Logins that a host's user data permits: passwords, SSH keys, login servers, remote shells, tunnels."""
