"""The analyser: exact questions over all flows of a policy, answered by proof or by one flow that shows it.

Every dimension of a flow (source, destination, claim, transport) is cut into classes that no rule tells apart; a class
carries the bits of the rules that match it, and a question is a search for one class of each whose bits have what is
needed and, taken together, nothing of what is to be avoided. Representation and cost: docs/proofs.md.
"""

from containment.model.reach.analysis import Ahead, Analysis, DeadRule, Reached
from containment.model.reach.box import Box, Claim, box_of
from containment.model.reach.difference import Change, Difference, are_equal, differences
from containment.model.reach.sources import ANYBODY, Sources
from containment.model.reach.table import Witness
from containment.model.reach.view import Watched

__all__ = [
    "ANYBODY",
    "Ahead",
    "Analysis",
    "Box",
    "Change",
    "Claim",
    "DeadRule",
    "Difference",
    "Reached",
    "Sources",
    "Watched",
    "Witness",
    "are_equal",
    "box_of",
    "differences",
]
