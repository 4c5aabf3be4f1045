"""The analyser: exact answers about all flows of a policy, each a proof or a witness.

Every dimension of a flow (source, destination, claim, transport) is divided into equivalence classes that no rule distinguishes. A
class carries the bits of the rules that match it, and a question is a search for one class per dimension whose common bits include
every needed box and no avoided one. docs/proofs.md describes representation and cost.
"""

from containment.analysis.classes.box import Box, L7Match, build_box
from containment.analysis.classes.sources import ANYBODY, Sources
from containment.analysis.classes.table import Witness
from containment.analysis.classes.view import WatchReading
from containment.analysis.difference import Change, Difference, find_differences, is_equivalent
from containment.analysis.questions import Analysis, DeadRule, DecidingRule, PrecedingPermit

__all__ = [
    "ANYBODY",
    "Analysis",
    "Box",
    "Change",
    "DeadRule",
    "DecidingRule",
    "Difference",
    "L7Match",
    "PrecedingPermit",
    "Sources",
    "WatchReading",
    "Witness",
    "build_box",
    "find_differences",
    "is_equivalent",
]
