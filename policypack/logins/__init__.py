"""Ways to log in to a host that its user data opens: passwords, SSH keys, login servers, remote shells, tunnels."""
