"""The firewall policy that a program's resources define: rules, groups, and the analysis of their flows."""
