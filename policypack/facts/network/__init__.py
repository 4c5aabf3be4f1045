"""Network facts judged by allow-list: routes, DNS names, regions and accounts, and resources of other programs."""
