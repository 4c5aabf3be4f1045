"""The agents' network judged by what is permitted: routes, names, places, and resources of other programs."""
