"""The live network and Controller of a stack: read, joined with its state, and checked by the rules of the pack.

`reading` collects what was read and what was not; `network`, `hosts`, `names`, `identity` and `controller` read one service each; `join`
adds the state; `strangers` finds additions that are in no state; `check` applies the rules. All calls are read-only.
"""
