"""The lab: a small test engine and a simulated cloud that run the real program on one machine, offline.

`engine` runs any Pulumi Python program over Pulumi's own gRPC protocols. `providers` has the simulated `aws` and `aviatrix` resource
providers; they call `cloud` (moto) and `controller`. The program, the components and the policy pack import nothing from here.
"""
