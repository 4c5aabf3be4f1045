"""Which tools a task may call, with which arguments: data, the Cedar policy made from it, and an independent evaluator.

Pure: files are read by `containment.loaders`, and servers are started by `containment.tools`.
"""
