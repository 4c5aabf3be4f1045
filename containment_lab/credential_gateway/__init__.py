"""The credential gateway on this machine: Envoy, the decision service, and a model provider that records what arrives."""
