"""What is used of `securesystemslib`, imported without boto3: that takes longer than most commands, and only KMS keys need it.

The library imports boto3 with its signers. It gets a module in its place that imports boto3 when a KMS key is used.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from importlib import import_module
from types import ModuleType

__all__ = ["AWSSigner", "CryptoSigner", "Key", "SSlibKey", "Signature", "Signer", "dsse"]


@contextlib.contextmanager
def _postpone_import(name: str) -> Iterator[None]:
    """Within the block, `import NAME` binds a module that imports the real one when an attribute is read (PEP 562)."""
    if name in sys.modules:
        yield
        return
    late = ModuleType(name)
    vars(late)["__getattr__"] = lambda attribute: getattr(import_module(name), attribute)
    sys.modules[name] = late
    try:
        yield
    finally:
        del sys.modules[name]


with _postpone_import("boto3"):
    from securesystemslib import dsse
    from securesystemslib.signer import AWSSigner, CryptoSigner, Key, Signature, Signer, SSlibKey
