"""Facts about a program's resources that rules share: hosts, routes, identities, endpoints, user data."""
