"""The lab: a small test engine and a small cloud, so that the real program runs on one machine, offline.

`engine` runs any Pulumi Python program over Pulumi's own gRPC protocols; `providers` are the stand-in `aws` and
`aviatrix` resource providers; `cloud` (moto) and `controller` are what those providers talk to. Nothing here is
imported by the program, the components or the policy pack.
"""
