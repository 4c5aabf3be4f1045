"""Operators' sessions on agent hosts: the names and contents of the documents that Session Manager opens them with. Pure."""
