"""Parts about the policy: what was configured, proved and deployed."""
