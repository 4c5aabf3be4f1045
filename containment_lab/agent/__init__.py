"""Commands that run as the lab's agent: confined, in the agent host's network, with the files that its first boot wrote."""
