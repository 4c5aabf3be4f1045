"""The agents' network and Controller as they are now: read live, joined with the stack's state, judged by the same rules.

`reading` collects what was read and what was not, one module per service reads it (`network`, `hosts`, `names`, `identity`,
`controller`), `join` puts it together with the state, `strangers` finds what no state has, `check` judges. Nothing is changed.
"""
