"""Domain lists: the names that rules match, at most 1,000 per call, with `*` or a leading `*.` as the only wildcard."""

from __future__ import annotations

import re
from typing import Any

from containment_lab.cloud.dns_firewall.state import (
    Answer,
    Firewall,
    create_object,
    delete_object,
    format_now,
    get_firewall,
    get_parameter,
    make_error,
    require_object,
    select_metadata,
)

_DOMAIN = re.compile(r"\*|(\*\.)?([A-Za-z0-9_-]{1,63}\.)*[A-Za-z0-9_-]{1,63}\.?")


def create_firewall_domain_list(request: Any) -> Answer:
    """Create an empty list."""
    here = get_firewall(request)
    new = create_object(request, here.lists, "fdl", "firewall-domain-list")
    here.domains[new["Id"]] = set()
    return {"FirewallDomainList": _add_count(here, new["Id"])}


def _add_count(here: Firewall, ident: str) -> Answer:
    return {**require_object(here.lists, ident), "DomainCount": len(here.domains[ident])}


def get_firewall_domain_list(request: Any) -> Answer:
    """Return a list without its names."""
    return {"FirewallDomainList": _add_count(get_firewall(request), get_parameter(request, "FirewallDomainListId"))}


def list_firewall_domain_lists(request: Any) -> Answer:
    """List all domain lists."""
    return {"FirewallDomainLists": [select_metadata(each) for each in get_firewall(request).lists.values()]}


def list_firewall_domains(request: Any) -> Answer:
    """List the names of a list, with their last dot, as AWS does."""
    here, ident = get_firewall(request), get_parameter(request, "FirewallDomainListId")
    require_object(here.lists, ident)
    return {"Domains": sorted(name if name == "*" else f"{name}." for name in here.domains[ident])}


def update_firewall_domains(request: Any) -> Answer:
    """Add, remove or replace names: at most 1,000 per call; a wildcard is `*` or a leading `*.`."""
    here, ident, operation = get_firewall(request), get_parameter(request, "FirewallDomainListId"), get_parameter(request, "Operation")
    thing, names = require_object(here.lists, ident), get_parameter(request, "Domains") or []
    wrong = [name for name in names if not _DOMAIN.fullmatch(name) or len(name) > 255]
    if wrong or len(names) > 1000:
        raise make_error(f"{len(names)} domains, of which invalid: {', '.join(wrong) or 'none'}; at most 1000 per call")
    given = {name.rstrip(".").lower() or name for name in names}
    held = here.domains[ident]
    here.domains[ident] = {"ADD": held | given, "REMOVE": held - given, "REPLACE": given}[operation]
    thing["ModificationTime"] = format_now()
    return {"Id": ident, "Name": thing["Name"], "Status": "COMPLETE", "StatusMessage": ""}


def delete_firewall_domain_list(request: Any) -> Answer:
    """Delete a list that no rule uses."""
    here, ident = get_firewall(request), get_parameter(request, "FirewallDomainListId")
    require_object(here.lists, ident)
    if any(rule["FirewallDomainListId"] == ident for rules in here.rules.values() for rule in rules):
        raise make_error(f"{ident} is used by a rule", "ConflictException")
    return {"FirewallDomainList": delete_object(request, here.lists, ident)}
