"""Routes: the tables of subnets, each route judged by allow-list, routes that the Aviatrix Controller writes, regions and accounts."""
