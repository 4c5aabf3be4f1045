"""The lab's data plane: an agent host, its VPC, a gateway and a small internet as network namespaces, built from what was deployed."""
