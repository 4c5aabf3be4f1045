"""IAM policies: parse documents and evaluate requests, for the policy pack and the lab."""
