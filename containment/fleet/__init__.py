"""A fleet: every stack of a project, planned, deployed and compared together, with its sites in fleet.yaml."""
