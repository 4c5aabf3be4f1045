"""Unreviewed properties of Aviatrix types: one that a later provider release adds could redirect packets.

The list (`properties.yaml`) is closed and includes nested names. A property that is unset, empty, zero or false passes, because a
provider fills in the defaults of unset properties. Values of listed properties are judged by rules and bounds.
Source: Terraform provider AviatrixSystems/aviatrix, schemas of release 10.1.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final

from containment.loaders import strict_yaml
from containment.ternary import Ternary
from policypack.graph.plain_data import UNKNOWN, is_some
from policypack.graph.resources import Resource
from policypack.type_table.table import FOLDER

_FILE: Final = FOLDER / "properties.yaml"
_OF_THE_ENGINE: Final = frozenset({"__defaults", "__meta"})
"""Keys that the engine and its bridge add to inputs: names of properties, and timeouts."""


@cache
def load_reviewed() -> Mapping[str, frozenset[str]]:
    """Return the reviewed properties of each listed type, the type's id input included."""
    out = {}
    for token, names in strict_yaml.read(_FILE).items():
        if len(set(names)) < len(names):
            raise ValueError(f"{_FILE.name}: {token} has a property twice")
        kind = token.rpartition(":")[2]
        out[token] = frozenset({*names, f"{kind[:1].lower()}{kind[1:]}Id"})
    return out


def find_unreviewed(resource: Resource) -> Iterator[str]:
    """Yield a description of each set property that no review covers; a resource that is only read sets none."""
    names = load_reviewed().get(resource.type)
    if names is not None and not resource.is_read:
        for path, value in _find_set_outside(names, "", resource.props):
            yield f"{path} is {'not known yet' if value is UNKNOWN else 'set'}, and no review of this type covers it"


def _find_set_outside(names: frozenset[str], prefix: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Yield the outermost properties under a name that are set and not listed, in the order of the program."""
    if isinstance(value, list):  # a single block and a list with one block are equivalent
        for each in value:
            yield from _find_set_outside(names, prefix, each)
        return
    if not isinstance(value, Mapping):
        if prefix not in names and value is not UNKNOWN and is_some(value) is not Ternary.NO:
            yield prefix, value
        return
    for key, each in value.items():
        path = f"{prefix}.{key}" if prefix else str(key)
        if path in names or f"{path}.*" in names or (not prefix and key in _OF_THE_ENGINE) or is_some(each) is Ternary.NO:
            continue
        if any(name.startswith(f"{path}.") for name in names):
            yield from _find_set_outside(names, path, each)
        elif key not in _OF_THE_ENGINE:
            yield path, each
