"""The reviewed table of resource types for docs/types.md, and the house's own file: taken from the pack's data.

A group of types is a row: its types are listed by module, so that a page of five hundred types can be read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from containment.model.preset import Library
from containment.verify.markdown import table

if TYPE_CHECKING:
    from policypack.type_table.table import Bound, Line


def judged_types(_: Library) -> str:
    """Types that rules judge, with the rules."""
    rows = [
        (reason, _by_module(lines), ", ".join(f"[`{rule}`](rules.md#{rule})" for rule in lines[0].rules))
        for reason, lines in _groups(line for line in _lines() if line.is_judged)
    ]
    return table(("what they are", "types", "judged by"), rows)


def harmless_types(_: Library) -> str:
    """Types that pass with any properties."""
    rows = [(reason, _by_module(lines)) for reason, lines in _groups(line for line in _lines() if not line.is_judged and not line.bounds)]
    return table(("why they are harmless", "types"), rows)


def bounded_types(_: Library) -> str:
    """Types that pass while some of their properties are unset or bounded."""
    rows = [(f"`{line.type}`", "; ".join(map(_bound, line.bounds)), line.reason) for line in _lines() if line.bounds and not line.is_judged]
    return table(("type", "properties", "why"), rows)


def type_counts(_: Library) -> str:
    """How many types there are of each kind."""
    lines = list(_lines())
    judged = sum(line.is_judged for line in lines)
    bounded = sum(bool(line.bounds) for line in lines)
    return f"{judged} types are judged by rules, {len(lines) - judged - bounded} are harmless, {bounded} are harmless within bounds.\n"


def house_types(_: Library) -> str:
    """The house's own file as it is shipped, its example included."""
    from policypack.type_table.house import FILE

    return f"```yaml\n{FILE.read_text(encoding='utf-8').strip()}\n```\n"


def _lines() -> Iterable[Line]:
    from policypack.type_table.table import lines

    return lines().values()


def _groups(lines: Iterable[Line]) -> Iterator[tuple[str, list[Line]]]:
    found: dict[str, list[Line]] = {}
    for line in lines:
        found.setdefault(line.reason, []).append(line)
    yield from found.items()


def _by_module(lines: Iterable[Line]) -> str:
    found: dict[str, list[str]] = {}
    for line in lines:
        package, module, name = line.type.split(":")
        found.setdefault(f"{package}:{module.split('/')[0]}", []).append(name)
    return "; ".join(f"`{module}` {', '.join(names)}" for module, names in found.items())


def _bound(bound: Bound) -> str:
    from policypack.type_table.table import Kind

    names = ", ".join(choice.rsplit(":", 1)[-1] for choice in bound.choices)
    words = {
        Kind.UNSET: "unset",
        Kind.OFF: "off or unset",
        Kind.ON: "on",
        Kind.NOT_OFF: "on or unset",
        Kind.SET: "set",
        Kind.ONE_OF: f"one of {names}",
        Kind.REFERS: f"a {names} of the program",
        Kind.OWN_RESOURCE: f"a {names} of the program, or of the hosts' account",
        Kind.OWN_ARN: f"an ARN of the hosts' account ({names})",
        Kind.OWN_ENDPOINT: "an endpoint of the hosts' account",
        Kind.SNS_TOPIC: "an SNS topic of the hosts' account",
        Kind.OWN_ACCOUNT: "the hosts' account",
        Kind.OWN_PRINCIPAL: "a principal of the hosts' account",
        Kind.EKS_ISSUER: "the issuer of an EKS cluster",
        Kind.OWN_POLICY: "a policy for the hosts' account and for services of AWS only",
    }
    return f"`{bound.path}`: {words[bound.kind]}"
