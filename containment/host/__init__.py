"""What lands on an agent host. Nothing here runs on the machine that deploys."""
