"""Second roads to the analyser's answers: a generator of policies, exhaustive enumeration, and z3. Tests and benchmarks only."""
