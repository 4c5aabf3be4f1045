"""Network facts judged by allow-list: DNS names, containers, and resources of other programs."""
