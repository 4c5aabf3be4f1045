"""Renderings of one class for the systems that enforce it: WebGroups, an OpenShell policy, the launcher's profile.

Each is text made from the class's permissions, and is read back from that text to prove that it grants nothing more.
"""
