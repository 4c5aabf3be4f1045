"""Baselines of model traffic: learn what is usual per agent and LLM endpoint, list deviations from it, and find agents elsewhere.

`reading` joins logs to exchanges, `learning` makes a reviewed `profile`, `checking` compares new logs with it by the rules in `rules`, and
`estate` lists sources outside the agents' networks. Robust statistics only, no model. Needs the extra `observe`.
"""
