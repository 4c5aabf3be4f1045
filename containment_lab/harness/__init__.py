"""Real harnesses for the lab's agent, on request: one exact version, installed into the lab home, run confined.

- `known`: the harnesses, the tested versions, and the reasons why others are unavailable;
- `installed`: a harness in its folder, as the agent sees it;
- `install`, `registries`: the installation, during which no code of a package runs.
"""
