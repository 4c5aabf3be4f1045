"""Signed bundles: a stack's renderings with a manifest, in the shape of NVIDIA Agent Policy Fabric's `v1alpha1`.

A bundle is a folder: `bundle.yaml` (the manifest and its signatures, as two YAML documents) and the members that the manifest lists.
"""
