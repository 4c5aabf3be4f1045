"""From monitor to enforce and back: the judgement of the evidence, the change of mode, and the steps of a move."""
