"""IAM documents judged by reviewed allow-lists: policies and trust of an agent host's roles, and endpoint policies."""
