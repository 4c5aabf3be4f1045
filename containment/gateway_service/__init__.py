"""The credential gateway's decision service: reads provider keys, and answers Envoy's external authorization (gRPC)."""
