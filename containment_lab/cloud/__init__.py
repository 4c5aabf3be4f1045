"""The lab's AWS: moto's server, corrections and missing calls in front of it, and clients for it."""
