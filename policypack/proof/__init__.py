"""What a permit may let through: the flows that need no further approval, and the proof that a policy permits no others.

Reading order: `extent` (what a SmartGroup's expressions reach), `bound` (how many private addresses may be permitted),
`permits` (each permit judged by the flows it decides), `resolvers` (DNS), `spare` (the same before group ids are known).
Which rule reports what is decided by the rules; the analyser is `policypack.analysed`.
"""
