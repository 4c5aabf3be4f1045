"""Evidence of one stack: what was configured, proved, tested and decided, as one signed in-toto bundle that is verified offline."""
