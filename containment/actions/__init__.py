"""Actions of an agent that a person approves before they are executed, each bound to a digest of exactly what is done."""
