"""Parts about tests in the lab: flows and attempts that were sent, and the threats that remain."""
