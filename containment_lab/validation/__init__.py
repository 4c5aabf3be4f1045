"""Validation by packets through the data plane, compared with the model: six tests, evasion, scenarios."""
