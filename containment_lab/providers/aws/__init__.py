"""The simulated `aws` provider: the types of a containment stack, and types that would open it, over moto.

Any other aws type can be previewed and checked by policies; creating it is refused by name.
"""

from __future__ import annotations

import importlib
import pkgutil
from itertools import chain

from containment_lab.home import LabHome
from containment_lab.providers.aws.invokes import INVOKES, serve_invokes
from containment_lab.providers.aws.resource import Resource, UnservedResource
from containment_lab.providers.aws.schema import read_type, read_version
from containment_lab.providers.base import Provider


def load_types() -> tuple[type[Resource], ...]:
    """Return the types of every module of this package that has some."""
    modules = (importlib.import_module(each.name) for each in pkgutil.walk_packages(__path__, f"{__name__}."))
    return tuple(chain.from_iterable(getattr(module, "TYPES", ()) for module in modules))


TYPES: tuple[type[Resource], ...] = load_types()
"""All types that can be created."""


def servicer(home: LabHome) -> Provider:
    """Return the provider for one home's cloud."""
    return make_provider(f"http://127.0.0.1:{home.get_ports().aws}", home)


def make_provider(endpoint: str, home: LabHome) -> Provider:
    """Return the provider for the cloud at `endpoint`, its journal in `home`."""
    return Provider(
        "aws",
        read_version(),
        handlers=[each(endpoint) for each in TYPES],
        invokes=serve_invokes(endpoint),
        journal=home.root / "journal-aws",
        fallback=lambda token: UnservedResource(token) if token.startswith("aws:") and not token.startswith("aws:index") else None,
        accepts=lambda token: read_type(token).inputs or None,
    )


__all__ = ["INVOKES", "TYPES", "make_provider", "servicer"]
