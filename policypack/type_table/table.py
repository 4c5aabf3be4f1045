"""The reviewed table of resource types, read from the YAML files of this folder.

A line names a type and its group's reason. A judged line names the rules that read the type's properties, a bounded line the
properties that must be unset or bounded. The files are the pack's own data: a mistake in them raises, and is found by the tests.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, Final

from containment import strict_yaml

FOLDER: Final = Path(__file__).parent
FILES: Final = ("judged.yaml", "harmless.yaml", "bounded.yaml")


class Kind(StrEnum):
    """What a bounded property may be; an unset property is within every bound but ON and SET."""

    UNSET = "unset"
    OFF = "off"
    ON = "on"
    NOT_OFF = "not-off"
    SET = "set"
    ONE_OF = "one-of"
    REFERS = "refers"
    OWN_RESOURCE = "own-resource"
    OWN_ARN = "own-arn"
    OWN_ENDPOINT = "own-endpoint"
    SNS_TOPIC = "sns-topic"
    OWN_ACCOUNT = "own-account"
    OWN_PRINCIPAL = "own-principal"
    OWN_POLICY = "own-policy"
    EKS_ISSUER = "eks-issuer"


@dataclass(frozen=True, slots=True)
class Bound:
    """What one property may be: `choices` are its values (ONE_OF) and the types it refers to (REFERS, OWN_RESOURCE,
    ONE_OF), or the services of its ARN (OWN_ARN)."""

    path: str
    kind: Kind
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """One reviewed type, with the reason of its group, the rules that judge it and the bounds on its properties."""

    type: str
    reason: str
    rules: tuple[str, ...] = ()
    bounds: tuple[Bound, ...] = ()

    @property
    def is_judged(self) -> bool:
        """Whether rules read the type's properties; it is harmless otherwise."""
        return bool(self.rules)


@cache
def lines() -> Mapping[str, Line]:
    """Return the table, by type; raises ValueError when the files contradict themselves."""
    found: dict[str, Line] = {}
    for name in FILES:
        for line in _lines_in(name):
            if line.type in found:
                raise ValueError(f"{name}: {line.type} has two lines")
            found[line.type] = line
    return found


def _lines_in(name: str) -> Iterator[Line]:
    for group in strict_yaml.read(FOLDER / name):
        rules = tuple(group.get("rules") or ())
        if (name == "judged.yaml") is not bool(rules):
            raise ValueError(f"{name}: the group {group['reason']!r} must name its rules exactly when its types are judged")
        for entry in group["types"]:
            ((token, bounds),) = entry.items() if isinstance(entry, dict) else ((entry, {}),)
            yield Line(token, group["reason"], rules, tuple(_bound(path, stated) for path, stated in bounds.items()))


def _bound(path: str, stated: Any) -> Bound:
    if isinstance(stated, dict):
        ((kind, choices),) = stated.items()
        return Bound(path, Kind(kind), tuple(choices))
    return Bound(path, Kind(stated))
