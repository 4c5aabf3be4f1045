"""The files and settings of an agent host. No script of this package runs on the deploying machine."""
