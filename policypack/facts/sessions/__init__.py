"""Operators' sessions on agent hosts: the documents they are opened with, and the statements that permit them."""
