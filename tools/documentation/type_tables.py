"""The reviewed table of resource types for docs/types/, and the company's table, rendered from the pack's data.

Types with the same reason form a section that lists them per module, so that a page with several hundred types stays readable.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from containment.catalog.preset import Library
from tools.documentation.markdown import format_table

if TYPE_CHECKING:
    from policypack.type_table.table import Bound, TypeLine


def render_judged_types(_: Library) -> str:
    """Render the types that rules judge, with the rules: one section per group."""
    return "\n".join(
        _format_section(reason, [f"Judged by {_format_rules(lines[0])}.", "", *_format_modules(lines)])
        for reason, lines in _group_lines(line for line in _get_lines() if line.is_judged)
    )


def render_harmless_types(_: Library) -> str:
    """Render the types that pass with any properties: one section per group."""
    groups = _group_lines(line for line in _get_lines() if not line.is_judged and not line.bounds)
    return "\n".join(_format_section(reason, _format_modules(lines)) for reason, lines in groups)


def render_bounded_types(_: Library) -> str:
    """Render the types that pass if some properties are unset or bounded: one section per group."""
    return "\n".join(
        _format_section(
            reason,
            [
                format_table(
                    ("type", "properties"), ((f"`{line.type}`", "; ".join(map(_format_bound, line.bounds))) for line in lines)
                ).rstrip()
            ],
        )
        for reason, lines in _group_lines(line for line in _get_lines() if line.bounds and not line.is_judged)
    )


def render_type_counts(_: Library) -> str:
    """Render the number of types of each kind."""
    lines = list(_get_lines())
    judged = sum(line.is_judged for line in lines)
    bounded = sum(bool(line.bounds) for line in lines)
    return f"{judged} types are judged by rules, {len(lines) - judged - bounded} are harmless, {bounded} are harmless within bounds.\n"


def render_house_types(_: Library) -> str:
    """Render the company's file of types as shipped, with its example."""
    from policypack.type_table.accepted_types import FILE

    return f"```yaml\n{FILE.read_text(encoding='utf-8').strip()}\n```\n"


def _get_lines() -> Iterable[TypeLine]:
    from policypack.type_table.table import load_lines

    return load_lines().values()


def _group_lines(lines: Iterable[TypeLine]) -> Iterator[tuple[str, list[TypeLine]]]:
    found: dict[str, list[TypeLine]] = {}
    for line in lines:
        found.setdefault(line.reason, []).append(line)
    yield from found.items()


def _format_section(reason: str, lines: Iterable[str]) -> str:
    """Return a section with the first clause of the reason as heading, and the rest of the reason as first paragraph."""
    parts = re.split(r"[;:] ", reason, maxsplit=1)
    heading, rest = parts[0], parts[1:]
    opening = [f"{rest[0][:1].upper()}{rest[0][1:]}.", ""] if rest else []
    return "\n".join([f"## {heading[:1].upper()}{heading[1:]}", "", *opening, *lines, ""])


def _format_rules(line: TypeLine) -> str:
    return ", ".join(f"[`{rule}`](../rules/{rule}.md)" for rule in line.rules)


def _format_modules(lines: Iterable[TypeLine]) -> list[str]:
    found: dict[str, list[str]] = {}
    for line in lines:
        package, module, name = line.type.split(":")
        found.setdefault(f"{package}:{module.split('/')[0]}", []).append(name)
    return [f"- `{module}`: {', '.join(names)}" for module, names in found.items()]


def _format_bound(bound: Bound) -> str:
    from policypack.type_table.table import BoundKind

    names = ", ".join(choice.rsplit(":", 1)[-1] for choice in bound.choices)
    words = {
        BoundKind.UNSET: "unset",
        BoundKind.OFF: "off or unset",
        BoundKind.ON: "on",
        BoundKind.NOT_OFF: "on or unset",
        BoundKind.STATED_OFF: "set to off",
        BoundKind.SET: "set",
        BoundKind.ONE_OF: f"one of {names}",
        BoundKind.REFERS: f"a {names} of the program",
        BoundKind.OWN_RESOURCE: f"a {names} of the program, or of the hosts' account",
        BoundKind.OWN_ARN: f"an ARN of the hosts' account ({names})",
        BoundKind.OWN_ENDPOINT: "an endpoint of the hosts' account",
        BoundKind.SNS_TOPIC: "an SNS topic of the hosts' account",
        BoundKind.NOTICE: "an SNS topic of the hosts' account, or EC2's recovery of the instance",
        BoundKind.OWN_ACCOUNT: "the hosts' account",
        BoundKind.OWN_PRINCIPAL: "a principal of the hosts' account",
        BoundKind.EKS_ISSUER: "the issuer of an EKS cluster",
        BoundKind.OWN_POLICY: "a policy for the hosts' account and for services of AWS only",
    }
    return f"`{bound.path}`: {words[bound.kind]}"
