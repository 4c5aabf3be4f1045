"""The lab's data plane: agent host, VPC, gateway and a small internet as network namespaces, built from the deployed resources."""
