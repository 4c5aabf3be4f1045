"""Waivers: findings that somebody has accepted, with a reason and an end (`waivers.yaml`, beside the pack).

Pure but for `load`: what day it is comes as an argument, from the front ends, which read the clock once. One mistake in the
file makes all of its waivers void: nobody can tell what it was meant to accept. The rules that make an agent contained at all
cannot be waived.

A waiver ends within a year, or earlier where MOST_DAYS bounds its rule; owner and reason contain a word.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import MAXYEAR, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from containment import strict_yaml
from containment.model.errors import Problem
from containment.model.words import has_word
from policypack.finding import Fault, Finding
from policypack.graph import Graph

FILE: Final = Path(__file__).parent / "waivers.yaml"

NOT_WAIVABLE: Final = frozenset(
    {
        "agent-host-has-no-public-ip",
        "agent-host-requires-imdsv2",
        "agent-subnet-has-no-nat-route",
        "shadow-model-deny-comes-first",
    }
)
"""Rules without which nothing is contained."""

MOST_DAYS: Final[Mapping[str, int]] = {"compute-and-routing-are-known": 90}
"""Rules whose waivers end sooner than within a year, in days from today: nobody has reviewed what such a finding is about."""

STACK: Final = "pulumi:pulumi:Stack"
ANY_PARENT: Final = "*$"
"""Stands in a URN for the types of its parents where those are not known: while a program is still registering it."""

_KEYS: Final = ("rule", "resource", "reason", "owner", "until")
_WHY: Final = "a waiver accepts a hole: what it accepts, why, by whom and until when must be plain"
_FIX: Final = f"write {', '.join(_KEYS)}, as the file's own example shows"


@dataclass(frozen=True, slots=True)
class Waiver:
    """One accepted finding: of one rule at one resource (its name or URN), through the day `until`."""

    rule: str
    resource: str
    reason: str
    owner: str
    until: date
    where: str

    def holds(self, today: date) -> bool:
        """Tell whether the waiver has not ended."""
        return today <= self.until


@dataclass(frozen=True, slots=True)
class Waived:
    """A finding that is accepted, and by which waiver; `message` is what people read."""

    finding: Finding
    waiver: Waiver

    @property
    def message(self) -> str:
        """What was found, and who accepted it, why and until when."""
        accepted = f"waived until {self.waiver.until} by {self.waiver.owner}: {self.waiver.reason}"
        return f"{self.finding.id}: {self.finding.what}\n{accepted} ({self.waiver.where})"


@dataclass(frozen=True)
class Waivers:
    """A file's waivers on one day, and what is wrong with it; with problems no waiver counts."""

    entries: tuple[Waiver, ...] = ()
    problems: tuple[Problem, ...] = ()
    today: date = date.max

    def of(self, finding: Finding, root: str = "") -> Waiver | None:
        """Return the waiver that accepts a finding, if one does; `root` is the URN of the stack, which is what "" stands for."""
        where = finding.where or root
        return next(
            (one for one in self.entries if one.rule == finding.id and one.holds(self.today) and _is_resource(one.resource, where)), None
        )

    def ended(self) -> list[str]:
        """Return a sentence for every waiver that has ended."""
        return [
            f"{one.where}: the waiver of {one.rule} at {one.resource} ended on {one.until} ({one.owner}: {one.reason}); repair what it"
            " accepted, or decide again and write a new end"
            for one in self.entries
            if not one.holds(self.today)
        ]

    def unused(self, graph: Graph) -> list[str]:
        """Return a sentence for every waiver that names no resource of a whole program; URNs of other stacks are not asked."""
        urns = [resource.urn for resource in graph.resources]
        stacks = {tuple(urn.split("::")[:2]) for urn in urns}
        return [
            f"{one.where}: the waiver of {one.rule} names {one.resource}, and no resource has this name; remove it, or correct it"
            for one in self.entries
            if not any(_is_resource(one.resource, urn) for urn in urns)
            and not (_is_urn(one.resource) and tuple(one.resource.split("::")[:2]) not in stacks)
        ]

    def faults(self, root: str) -> list[Fault]:
        """Return what is wrong with the file by itself, at the stack."""
        return [Fault(root, what) for what in (*map(str, self.problems), *self.ended())]


def load(today: date, rules: Collection[str], path: Path = FILE) -> Waivers:
    """Return the waivers of a file that stands beside the pack; a file that is not there holds none."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        text = ""
    except (OSError, ValueError) as error:
        return Waivers(problems=(_problem(path.name, f"cannot be read: {error}"),), today=today)
    return parse(text, today, rules, path.name)


def parse(text: str, today: date, rules: Collection[str], name: str = FILE.name) -> Waivers:
    """Return the waivers that a text holds; `rules` are the ids there are."""
    try:
        document = strict_yaml.load(text)
    except strict_yaml.StrictYamlError as error:
        return Waivers(problems=(_problem(name, str(error)),), today=today)
    if document is None:
        return Waivers(today=today)
    if not isinstance(document, list):
        return Waivers(problems=(_problem(name, "is not a list of waivers"),), today=today)
    read = [_entry(raw, f"{name}, entry {number + 1}", rules, today) for number, raw in enumerate(document)]
    entries = tuple(one for one in read if isinstance(one, Waiver))
    problems = [problem for one in read if not isinstance(one, Waiver) for problem in one] + list(_twice(entries))
    return Waivers(() if problems else entries, tuple(sorted(problems)), today)


def apply(findings: Iterable[Finding], waivers: Waivers, root: str = "") -> tuple[list[Finding], list[Waived]]:
    """Return the findings that stand, and those that are waived."""
    standing, waived = list[Finding](), list[Waived]()
    for finding in findings:
        waiver = waivers.of(finding, root)
        if waiver is None:
            standing.append(finding)
        else:
            waived.append(Waived(finding, waiver))
    return standing, waived


def _entry(raw: Any, where: str, rules: Collection[str], today: date) -> Waiver | list[Problem]:
    if not isinstance(raw, dict):
        return [_problem(where, "is not a waiver (rule, resource, reason, owner, until)")]
    problems = [_problem(where, f"has no {key}") for key in _KEYS if raw.get(key) in (None, "")]
    problems += [_problem(where, f"has {key!r}, which means nothing here") for key in raw if key not in _KEYS]
    texts = {key: raw[key] for key in _KEYS[:-1] if raw.get(key) not in (None, "")}
    problems += [_problem(where, f"has {key} {value!r}, which is no text") for key, value in texts.items() if not isinstance(value, str)]
    problems += [
        _problem(where, f"has {key} {texts[key]!r}, which contains no word")
        for key in ("owner", "reason")
        if isinstance(texts.get(key), str) and not has_word(texts[key])
    ]
    if isinstance(texts.get("rule"), str):
        problems += _rule(texts["rule"], where, rules)
    until = _day(raw.get("until"))
    if until is None and raw.get("until") not in (None, ""):
        problems.append(_problem(where, f"has until {raw['until']!r}, which is no day (YYYY-MM-DD)"))
    if until is not None and until > (last := _last_day(str(texts.get("rule")), today)):
        problems.append(_too_long(where, str(texts.get("rule")), until, last))
    if problems or until is None:
        return problems
    return Waiver(**{key: value.strip() for key, value in texts.items()}, until=until, where=where)


def _last_day(rule: str, today: date) -> date:
    """Return the last day on which a waiver of a rule may end: the same day of the next year, or MOST_DAYS from today."""
    if rule in MOST_DAYS:
        return today + timedelta(days=MOST_DAYS[rule])
    if today.year == MAXYEAR:
        return date.max
    is_leap_day = (today.month, today.day) == (2, 29)
    return today.replace(year=today.year + 1, day=28 if is_leap_day else today.day)


def _too_long(where: str, rule: str, until: date, last: date) -> Problem:
    most = f"{MOST_DAYS[rule]} days" if rule in MOST_DAYS else "one year"
    return Problem(
        where,
        f"ends on {until}, more than {most} from today",
        "what was accepted once is looked at again, while people still know why",
        f"write until: {last} or an earlier day, and decide again then",
    )


def _rule(rule: str, where: str, rules: Collection[str]) -> Sequence[Problem]:
    if rule in NOT_WAIVABLE:
        return [Problem(where, f"waives {rule}, which cannot be waived", "without it nothing is contained", "repair the resource")]
    if rule not in rules:
        return [Problem(where, f"waives {rule!r}, and there is no such rule", _WHY, "use a rule's id from docs/rules.md")]
    return []


def _twice(entries: Iterable[Waiver]) -> Iterable[Problem]:
    seen: dict[tuple[str, str], Waiver] = {}
    for one in entries:
        first = seen.setdefault((one.rule, one.resource), one)
        if first is not one:
            yield _problem(one.where, f"waives {one.rule} at {one.resource}, as {first.where} does")


def _day(value: Any) -> date | None:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    try:
        return date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _is_urn(resource: str) -> bool:
    return resource.startswith("urn:pulumi:")


def _is_resource(resource: str, urn: str) -> bool:
    """Tell whether a waiver's resource is the one with this URN, by its name or by the whole URN."""
    if not _is_urn(resource):
        return resource == urn.rsplit("::", 1)[-1]
    if ANY_PARENT not in urn:
        return resource == urn
    stack, project, kind, name = (resource.split("::") + [""] * 4)[:4]
    return "::".join((stack, project, f"{ANY_PARENT}{kind.rsplit('$', 1)[-1]}", name)) == urn


def _problem(where: str, what: str) -> Problem:
    return Problem(where, what, _WHY, _FIX)
