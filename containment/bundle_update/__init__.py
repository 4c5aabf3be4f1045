"""The host's updater: root's own program that fetches, verifies and activates the signed bundle of the host's stack."""
