"""The lab's simulated resource providers: `base` is the gRPC part, `aws` and `aviatrix` have the behavior of each type."""
