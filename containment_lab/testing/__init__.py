"""Test apparatus of the lab: fault injection in the simulators, and pauses in the calls of the providers.

The simulators and the providers load it at the first request for it; normal use of a lab never does.
"""
