"""Checks of destination entries: those that have ended or soon end, and permitted bare names without owner, reason and end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import Final

from containment.catalog.preset import Library
from containment.config.destination_entry import ENTRY_FIELDS, DestinationEntry, get_names
from containment.config.destinations import ADDITIONS, OVERRIDES
from containment.config.parser import get_alias
from containment.config.stack_config import StackConfig
from containment.config.validation.problems import Checks
from containment.errors import Problem
from containment.names import DENY_GROUPS, PolicyMode

DAYS_OF_NOTICE: Final = 30
"""Days before its end from which on an entry is reported."""

RENEWAL_DAYS: Final = 90
"""The length of the renewal that a fix proposes."""

NETWORK_FIELD: Final = "approved_model_gateway_cidrs"
"""The field of the key that permits destinations by network."""

PERMIT_FIELDS: Final = (
    *(field for groups in (OVERRIDES, ADDITIONS) for group, field in groups.items() if group not in DENY_GROUPS),
    NETWORK_FIELD,
    "tls_decryption_urls",
    "internal_dns_domains",
)
"""Fields of the keys that permit destinations by name or by network, or lookups of a name."""

DENY_FIELDS: Final = tuple(field for group, field in ADDITIONS.items() if group in DENY_GROUPS)
"""Fields of the keys that deny destinations by name: a bare name needs no owner there."""

_WHY_ENDED: Final = "an entry is permitted until the end that its owner agreed to; otherwise it would stay forever"
_WHY_BARE: Final = "a permit without owner, reason and end is reviewed by no person and stays forever"


def check_entries(config: StackConfig, stack: str, sets: Iterable[str], library: Library, today: date | None, checks: Checks) -> None:
    """Refuse entries of the stack and of its catalog sets whose end cannot be checked or has passed, and bare names in enforce.

    Args:
        config: the stack's configuration.
        stack: its name, for the command of a fix.
        sets: the catalog sets whose names the stack uses.
        library: the catalog.
        today: the day to compare with; None refuses every entry with an end.
        checks: collects the problems.
    """
    for field, entry in iterate_entries(config):
        if today is None:
            what = f"lists {entry.name} until {entry.until}, and today's date is not given"
            checks.add_explained(field, what, "an entry whose end cannot be checked does not apply", "pass today's date")
        elif not entry.is_active(today):
            what = f"listed {entry.name} until {entry.until}, and today is {today}"
            command = make_command([entry.name], _name_target(stack, field), today, owner=entry.owner, reason=entry.reason)
            checks.add_explained(field, what, _WHY_ENDED, f"remove the entry, or renew it: {command}")
    for name, api in config.approved_internal_apis.items():
        if api.until is not None and (today is None or api.until < today):
            known = "today's date is not given" if today is None else f"today is {today}"
            fix = "pass today's date" if today is None else f"remove the entry, or have {api.owner} set a later until"
            checks.add_explained("approved_internal_apis", f"lists {name} until {api.until}, and {known}", _WHY_ENDED, fix)
    for name in sets:
        for listed in library.sets[name].entries:
            if listed.until is None or (today is not None and today <= listed.until):
                continue
            known = "today's date is not given" if today is None else f"today is {today}"
            fix = "pass today's date"
            if today is not None:
                command = make_command([listed.pattern], f"--set {name}", today, owner=listed.owner, reason=listed.reason)
                fix = f"remove the entry, or renew it: {command}"
            where = f"presets/catalog/{name}.yaml:entries"
            checks.report(where, f"{listed.pattern} is listed until {listed.until}, and {known}", _WHY_ENDED, fix)


def find_entry_warnings(
    config: StackConfig, stack: str, sets: Iterable[str], library: Library, today: date | None, file: str
) -> tuple[Problem, ...]:
    """Return a warning for each key with bare names, and for each entry that ends soon; arguments as for `check_entries`."""
    out = [_make_bare_problem(field, names, stack, today, file) for field, names in find_bare_names(config).items()]
    for field, entry in iterate_entries(config):
        if today is not None and _ends_soon(entry.until, today):
            command = make_command([entry.name], _name_target(stack, field), today, owner=entry.owner, reason=entry.reason)
            out.append(_make_soon_problem(f"{file}:{get_alias(field)}", entry.name, entry.until, today, command))
    where = f"{file}:{get_alias('approved_internal_apis')}"
    for name, api in config.approved_internal_apis.items():
        if today is not None and api.until is not None and _ends_soon(api.until, today):
            out.append(_make_soon_problem(where, name, api.until, today, f"have {api.owner} set a later until"))
    for name in sets:
        for listed in library.sets[name].entries:
            if today is not None and listed.until is not None and _ends_soon(listed.until, today):
                command = make_command([listed.pattern], f"--set {name}", today, owner=listed.owner, reason=listed.reason)
                out.append(_make_soon_problem(f"presets/catalog/{name}.yaml:entries", listed.pattern, listed.until, today, command))
    return tuple(sorted(out))


def find_bare_names(config: StackConfig) -> Mapping[str, tuple[str, ...]]:
    """Return the permitted bare names and networks by field."""
    found = {field: get_names(item for item in getattr(config, field) if not isinstance(item, DestinationEntry)) for field in PERMIT_FIELDS}
    return {field: names for field, names in found.items() if names}


def refuse_bare_names(config: StackConfig, stack: str, today: date | None, checks: Checks) -> None:
    """Refuse permitted bare names and networks in enforce."""
    if config.policy_mode is PolicyMode.ENFORCE:
        for field, names in find_bare_names(config).items():
            one = _make_bare_problem(field, names, stack, today, checks.file)
            checks.add_explained(field, one.what, one.why, one.fix)


def iterate_entries(config: StackConfig) -> Iterator[tuple[str, DestinationEntry]]:
    """Yield the entries of all keys, each with its field."""
    for field in (*PERMIT_FIELDS, *DENY_FIELDS):
        for item in getattr(config, field):
            if isinstance(item, DestinationEntry):
                yield field, item


def make_command(names: Iterable[str], target: str, today: date | None, *, owner: str = "TEAM", reason: str = "REASON") -> str:
    """Return the command that writes or renews entries."""
    until = "YYYY-MM-DD" if today is None else (today + timedelta(days=RENEWAL_DAYS)).isoformat()
    quoted = " ".join(_quote(name) for name in names)
    return f"containment promote {quoted} {target} --owner {_quote(owner)} --reason {_quote(reason)} --until {until}"


def _quote(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'" if not text.replace("-", "").replace(".", "").isalnum() else text


def _name_target(stack: str, field: str) -> str:
    return f"--stack {stack} --key {get_alias(field)}"


def _ends_soon(until: date, today: date) -> bool:
    return today <= until <= today + timedelta(days=DAYS_OF_NOTICE)


def _make_soon_problem(where: str, name: str, until: date, today: date, command: str) -> Problem:
    days = (until - today).days
    what = f"{name} is listed until {until}, which is {'today' if not days else f'in {days} day' + ('s' if days > 1 else '')}"
    return Problem(where, what, "the next preview after that day refuses the entry", f"remove the entry, or renew it: {command}")


def _make_bare_problem(field: str, names: tuple[str, ...], stack: str, today: date | None, file: str) -> Problem:
    noun = "network" if field == NETWORK_FIELD else "name"
    what = f"lists {', '.join(names)} as bare {noun}{'s' if len(names) > 1 else ''}, which enforce refuses"
    command = make_command(names, _name_target(stack, field), today)
    return Problem(f"{file}:{get_alias(field)}", what, _WHY_BARE, f"write entries {ENTRY_FIELDS}: {command}")
