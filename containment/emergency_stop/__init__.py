"""The kill switch: stop an agent's host, revoke its role's sessions, quarantine it and take its route, and the way back."""
