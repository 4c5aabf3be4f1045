"""Waivers: findings that an owner accepts, with a reason and an end date (`waivers.yaml` in the pack's folder).

Pure except `load`; the front ends pass the day, and read the clock once. One mistake in the file makes all its waivers void, because
it is unclear which findings it was meant to accept. The rules without which nothing is contained cannot be waived.

A waiver ends within one year, or earlier if MOST_DAYS limits its rule; owner and reason contain a word.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import MAXYEAR, date, timedelta
from pathlib import Path
from typing import Any, Final

from containment.errors import Problem
from containment.loaders.address_bound import EntryFile, is_day
from policypack.finding import Finding, Violation
from policypack.graph.resources import Graph

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
"""Rules whose waivers end earlier, in days from today: their findings are about resource types that are not reviewed."""

STACK: Final = "pulumi:pulumi:Stack"
ANY_PARENT: Final = "*$"
"""Placeholder in a URN for the types of the resource's parents, which are unknown while a program registers it."""

_KEYS: Final = ("rule", "resource", "reason", "owner", "until")
_FILE: Final = EntryFile("waiver", _KEYS, "a waiver accepts a hole, so its rule, resource, reason, owner and end date must be clear")


@dataclass(frozen=True, slots=True)
class Waiver:
    """One accepted finding: of one rule at one resource (by name or URN), valid through the day `until`."""

    rule: str
    resource: str
    reason: str
    owner: str
    until: date
    where: str

    def is_valid(self, today: date) -> bool:
        """Return whether the waiver is still valid on a day."""
        return today <= self.until


@dataclass(frozen=True, slots=True)
class WaivedFinding:
    """An accepted finding and its waiver; `message` is the text for people."""

    finding: Finding
    waiver: Waiver

    @property
    def message(self) -> str:
        """The finding, and the owner, reason and end date of its waiver."""
        accepted = f"waived until {self.waiver.until} by {self.waiver.owner}: {self.waiver.reason}"
        return f"{self.finding.id}: {self.finding.what}\n{accepted} ({self.waiver.where})"


@dataclass(frozen=True)
class Waivers:
    """A file's waivers on one day, and its problems; with a problem no waiver is valid."""

    entries: tuple[Waiver, ...] = ()
    problems: tuple[Problem, ...] = ()
    today: date = date.max

    def find_waiver(self, finding: Finding, root: str = "") -> Waiver | None:
        """Return the waiver that accepts a finding, if any; `root` is the URN of the stack, for findings without a resource."""
        where = finding.where or root
        return next(
            (one for one in self.entries if one.rule == finding.id and one.is_valid(self.today) and _is_resource(one.resource, where)), None
        )

    def describe_ended(self) -> list[str]:
        """Return a sentence for every waiver that has ended."""
        return [
            f"{one.where}: the waiver of {one.rule} at {one.resource} ended on {one.until} ({one.owner}: {one.reason}); repair what it"
            " accepted, or decide again and set a new end date"
            for one in self.entries
            if not one.is_valid(self.today)
        ]

    def describe_unused(self, graph: Graph) -> list[str]:
        """Return a sentence for every waiver that names no resource of a whole program; URNs of other stacks do not count."""
        urns = [resource.urn for resource in graph.resources]
        stacks = {tuple(urn.split("::")[:2]) for urn in urns}
        return [
            f"{one.where}: the waiver of {one.rule} names {one.resource}, and no resource has this name; remove it, or correct it"
            for one in self.entries
            if not any(_is_resource(one.resource, urn) for urn in urns)
            and not (_is_urn(one.resource) and tuple(one.resource.split("::")[:2]) not in stacks)
        ]

    def find_violations(self, root: str) -> list[Violation]:
        """Return the faults of the file itself, reported at the stack."""
        return [Violation(root, what) for what in (*map(str, self.problems), *self.describe_ended())]


def load_waivers(today: date, rules: Collection[str], path: Path = FILE) -> Waivers:
    """Return the waivers of a file; a file that does not exist has none. `rules` are the known rule ids."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        text = ""
    except (OSError, ValueError) as error:
        return Waivers(problems=(_FILE.make_problem(path.name, f"cannot be read: {error}"),), today=today)
    return parse_waivers(text, today, rules, path.name)


def parse_waivers(text: str, today: date, rules: Collection[str], name: str = FILE.name) -> Waivers:
    """Return the waivers in a YAML text; `rules` are the known rule ids, `name` the file in messages."""
    read, problems = _FILE.parse(text, name)
    found = [_parse_entry(raw, where, rules, today) for where, raw in read]
    entries = tuple(one for one in found if isinstance(one, Waiver))
    problems += [problem for one in found if not isinstance(one, Waiver) for problem in one]
    problems += _find_duplicates(entries)
    return Waivers(() if problems else entries, tuple(sorted(problems)), today)


def apply_waivers(findings: Iterable[Finding], waivers: Waivers, root: str = "") -> tuple[list[Finding], list[WaivedFinding]]:
    """Return the findings that are not waived, and those that are."""
    standing, waived = list[Finding](), list[WaivedFinding]()
    for finding in findings:
        waiver = waivers.find_waiver(finding, root)
        if waiver is None:
            standing.append(finding)
        else:
            waived.append(WaivedFinding(finding, waiver))
    return standing, waived


def _parse_entry(raw: dict[str, Any], where: str, rules: Collection[str], today: date) -> Waiver | list[Problem]:
    """Return a waiver, or the problems of its rule, resource and end; a missing key is reported elsewhere, and is no waiver."""
    texts = {key: raw[key] for key in _KEYS[:-1] if raw.get(key) not in (None, "")}
    problems = [
        _FILE.make_problem(where, f"has {key} {texts[key]!r}, which is not a text")
        for key in ("rule", "resource")
        if not isinstance(texts.get(key, ""), str)
    ]
    if isinstance(texts.get("rule"), str):
        problems += _check_rule(texts["rule"], where, rules)
    until = _parse_day(raw.get("until"))
    if until is None and raw.get("until") not in (None, ""):
        problems.append(_FILE.make_problem(where, f"has until {raw['until']!r}, which is not a day (YYYY-MM-DD)"))
    if until is not None and until > (last := _compute_last_day(str(texts.get("rule")), today)):
        problems.append(_refuse_length(where, str(texts.get("rule")), until, last))
    if problems or until is None or not all(isinstance(texts.get(key), str) for key in _KEYS[:-1]):
        return problems
    return Waiver(**{key: value.strip() for key, value in texts.items()}, until=until, where=where)


def _compute_last_day(rule: str, today: date) -> date:
    """Return the last day on which a waiver of a rule may end: the same day of the next year, or MOST_DAYS from today."""
    if rule in MOST_DAYS:
        return today + timedelta(days=MOST_DAYS[rule])
    if today.year == MAXYEAR:
        return date.max
    is_leap_day = (today.month, today.day) == (2, 29)
    return today.replace(year=today.year + 1, day=28 if is_leap_day else today.day)


def _refuse_length(where: str, rule: str, until: date, last: date) -> Problem:
    most = f"{MOST_DAYS[rule]} days" if rule in MOST_DAYS else "one year"
    return Problem(
        where,
        f"ends on {until}, more than {most} from today",
        "an accepted finding is reviewed again while people remember the reason",
        f"write until: {last} or an earlier day, and decide again then",
    )


def _check_rule(rule: str, where: str, rules: Collection[str]) -> Sequence[Problem]:
    if rule in NOT_WAIVABLE:
        return [Problem(where, f"waives {rule}, which cannot be waived", "without it nothing is contained", "repair the resource")]
    if rule not in rules:
        return [Problem(where, f"waives {rule!r}, which is not a rule", _FILE.why, "use a rule's id from docs/rules/index.md")]
    return []


def _find_duplicates(entries: Iterable[Waiver]) -> Iterable[Problem]:
    seen: dict[tuple[str, str], Waiver] = {}
    for one in entries:
        first = seen.setdefault((one.rule, one.resource), one)
        if first is not one:
            yield _FILE.make_problem(one.where, f"waives {one.rule} at {one.resource}, as {first.where} does")


def _parse_day(value: Any) -> date | None:
    if isinstance(value, date) and is_day(value):
        return value
    try:
        return date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _is_urn(resource: str) -> bool:
    return resource.startswith("urn:pulumi:")


def _is_resource(resource: str, urn: str) -> bool:
    """Return whether a waiver names the resource with this URN, by its name or by the whole URN."""
    if not _is_urn(resource):
        return resource == urn.rsplit("::", 1)[-1]
    if ANY_PARENT not in urn:
        return resource == urn
    stack, project, kind, name = (resource.split("::") + [""] * 4)[:4]
    return "::".join((stack, project, f"{ANY_PARENT}{kind.rsplit('$', 1)[-1]}", name)) == urn
