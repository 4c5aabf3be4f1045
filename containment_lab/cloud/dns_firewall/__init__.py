"""Route 53 Resolver DNS Firewall, which moto lacks: calls for `moto_extensions` to add. Nothing here answers DNS queries."""
