"""The subject of a question: a stack, a deployed state, or the whole chain of rules on a Controller."""
