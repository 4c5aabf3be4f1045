"""The end of TLS inside the proxy, for destinations of which only some requests are permitted."""
