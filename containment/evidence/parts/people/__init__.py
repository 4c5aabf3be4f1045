"""Parts about people: owners of agents, and what persons decided."""
