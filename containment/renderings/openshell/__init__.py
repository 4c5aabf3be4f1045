"""OpenShell's sandbox policy (policy files of version 1): rendered, read back, checked against its protos, and linted.

It is rendered here and enforced only where OpenShell runs.
"""
