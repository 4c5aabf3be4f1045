"""Instances of the simulated EC2: their launch, launch templates, images, and the account's metadata defaults."""
