"""A request to promote destinations: its options, checked, and the entry that each destination gets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

from pydantic import ValidationError

from containment.config.destination_entry import DestinationEntry, NetworkEntry, PermittedEntry, ResolverEntry, UrlEntry
from containment.config.destinations import OVERRIDES
from containment.config.parser import get_alias
from containment.config.stack_name import find_name_problem, suggest_name
from containment.config.validation.entries import NETWORK_FIELD, PERMIT_FIELDS
from containment.errors import Problem
from containment.fixes.model_findings import describe_finding
from containment.fixes.nearest_word import make_proposal

DEFAULT_KEY: Final = "approvedSaasApiDomains"
"""The key of a stack that takes a promoted destination unless another one is named."""

STACK_KEYS: Final = tuple(get_alias(field) for field in PERMIT_FIELDS)
"""Keys of a stack to which destinations can be promoted."""

NETWORK_KEY: Final = get_alias(NETWORK_FIELD)
"""The key of a stack whose destinations are networks."""

_MODELS: Final[Mapping[str, type[DestinationEntry]]] = {
    get_alias("tls_decryption_urls"): UrlEntry,
    get_alias("internal_dns_domains"): ResolverEntry,
    NETWORK_KEY: NetworkEntry,
}
"""The entries of keys whose destinations are no names of public hosts."""

REPLACING_KEYS: Final = frozenset(get_alias(field) for field in OVERRIDES.values())
"""Keys whose list replaces the class's own set."""

_OPTIONS: Final = {"owner": "--owner", "reason": "--reason", "function": "--function", "until": "--until", "ticket": "--ticket"}
_WHY: Final = "an entry records who answers for the destination, why, and until when"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is promoted, where to, and on whose word; `function` defaults to the reason."""

    destinations: tuple[str, ...]
    stack: str | None
    set_name: str | None
    key: str = DEFAULT_KEY
    owner: str
    reason: str
    function: str | None = None
    ticket: str | None = None
    until: str
    wildcard: bool = False
    uploads: bool | None = None
    relays: bool | None = None
    foreign_tenant: bool | None = None

    def build_entry(self, name: str) -> dict[str, Any]:
        """Return the raw entry of one destination."""
        told = {
            "name": name,
            "owner": self.owner,
            "reason": self.reason,
            "function": self.function or self.reason,
            "until": self.until.strip(),
            "ticket": self.ticket,
        }
        return {key: value for key, value in told.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Checked:
    """The entries whose names are acceptable by themselves, and the problems of the options and of the other names.

    Without a usable target there are no entries; with problems the entries are only for judging.
    """

    entries: tuple[Mapping[str, Any], ...]
    problems: tuple[Problem, ...]


def check_request(request: Request, names: Sequence[str], today: date) -> Checked:
    """Return the entries in their normal form, and every problem of options and names.

    Args:
        request: the request.
        names: the names to write: exact hosts, or wildcards that cover several.
        today: the day on which `until` must not have passed.
    """
    wrong_target = [*_check_target(request)]
    problems = list(wrong_target)
    if not names:
        problems.append(Problem("DEST", "is missing", "there is nothing to promote", "name a host, or --from-evidence NAME"))
    model = PermittedEntry if request.set_name is not None else _MODELS.get(request.key, PermittedEntry)
    wrong_options = list(_check_options(request, today))
    problems += wrong_options
    usable = replace(request, **_USABLE) if wrong_options else request
    entries: dict[str, Mapping[str, Any]] = {}
    for name in dict.fromkeys(names):
        found = _validate(model, {**_SAMPLE, "name": name})
        if not isinstance(found, list):
            entries.setdefault(found.name, usable.build_entry(found.name))
        else:
            noun, one_of = ("network", "name one internal network") if model is NetworkEntry else ("name", "name one host")
            problems += [Problem(name, one.what, f"the {noun} becomes a permit", one.fix or one_of) for one in found]
    return Checked(() if wrong_target else tuple(entries.values()), tuple(problems))


SAMPLE_NAME: Final = "example.com"
"""A name with which options are checked; it is never written."""
_SAMPLE: Final = {"name": SAMPLE_NAME, "owner": "owner", "reason": "reason", "function": "function", "until": "9999-12-31"}
_USABLE: Final[Mapping[str, Any]] = {key: value for key, value in _SAMPLE.items() if key != "name"} | {"ticket": None}
"""Options in place of wrong ones, so that the names are judged as well; nothing is written then."""


def _check_options(request: Request, today: date) -> Iterable[Problem]:
    told = request.build_entry(SAMPLE_NAME)
    found = _validate(PermittedEntry, told)
    if isinstance(found, list):
        for one in found:
            option = _OPTIONS[one.field]
            if one.field != "function" or request.function is not None:  # it is the reason otherwise, which has the same problem
                yield Problem(f"{option} {told.get(one.field) or ''}".rstrip(), one.what, _WHY, one.fix or f"give {option}")
    until = _parse_day(request.until)
    if until is not None and until < today:
        what = f"has passed: today is {today}"
        yield Problem(f"--until {request.until}", what, "an entry that has ended is refused in preview", "give a later day")


def _parse_day(text: str) -> date | None:
    """Return the day of a text, None for a text that is refused already."""
    found = _validate(PermittedEntry, {**_SAMPLE, "until": text.strip()})
    return None if isinstance(found, list) else found.until


def _check_target(request: Request) -> Iterable[Problem]:
    if (request.stack is None) == (request.set_name is None):
        what = "and --set are both given" if request.stack else "and --set are both missing"
        why = "an entry is in one file: a stack's, or that of a catalog set, which several stacks use"
        yield Problem("--stack", what, why, "give one of the two")
    for option, name in (("--stack", request.stack), ("--set", request.set_name)):
        if name is not None and (problem := find_name_problem(name)):
            yield Problem(f"{option} {name}", problem, "it is part of the name of a file", f"use {suggest_name(name) or 'coding-monitor'}")
    if request.key not in STACK_KEYS:
        fix = make_proposal(request.key, STACK_KEYS, f"write {DEFAULT_KEY}")
        yield Problem(
            f"--key {request.key}", "is not a key that permits destinations by name or network", "the entry would permit nothing", fix
        )


@dataclass(frozen=True, slots=True)
class _Finding:
    field: str
    what: str
    fix: str | None


def _validate(model: type[DestinationEntry], raw: Mapping[str, Any]) -> DestinationEntry | list[_Finding]:
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        out = []
        for found in error.errors(include_url=False):
            said = describe_finding(found, model)
            out.append(_Finding(str(found["loc"][0]), said.what, said.fix))
        return out
