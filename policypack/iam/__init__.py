"""IAM documents: what an agent host's roles, their trust and the endpoints' policies allow, compared with reviewed lists."""
