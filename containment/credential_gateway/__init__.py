"""The credential gateway's decisions: which request of an agent gets which provider key, and what is removed from it.

Pure: no key, file or socket is seen here. `containment.gateway_service` reads the keys and answers the proxy.
"""
