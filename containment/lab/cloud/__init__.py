"""The lab's AWS: moto's server, with what it lacks or gets wrong served in front of it, and the clients to reach it."""
