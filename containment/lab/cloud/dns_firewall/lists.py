"""Domain lists: names that rules match, at most 1000 a call, with `*` or a leading `*.` as the only wildcard."""

from __future__ import annotations

import re
from typing import Any

from containment.lab.cloud.dns_firewall.state import Answer, Firewall, asked, dropped, firewall, known, made, metadata, now, refused

_DOMAIN = re.compile(r"\*|(\*\.)?([A-Za-z0-9_-]{1,63}\.)*[A-Za-z0-9_-]{1,63}\.?")


def create_firewall_domain_list(request: Any) -> Answer:
    """Make an empty list."""
    here = firewall(request)
    new = made(request, here.lists, "fdl", "firewall-domain-list")
    here.domains[new["Id"]] = set()
    return {"FirewallDomainList": _counted(here, new["Id"])}


def _counted(here: Firewall, ident: str) -> Answer:
    return {**known(here.lists, ident), "DomainCount": len(here.domains[ident])}


def get_firewall_domain_list(request: Any) -> Answer:
    """Return a list without its names."""
    return {"FirewallDomainList": _counted(firewall(request), asked(request, "FirewallDomainListId"))}


def list_firewall_domain_lists(request: Any) -> Answer:
    """Return every list."""
    return {"FirewallDomainLists": [metadata(each) for each in firewall(request).lists.values()]}


def list_firewall_domains(request: Any) -> Answer:
    """Return a list's names, with their last dot, as AWS does."""
    here, ident = firewall(request), asked(request, "FirewallDomainListId")
    known(here.lists, ident)
    return {"Domains": sorted(name if name == "*" else f"{name}." for name in here.domains[ident])}


def update_firewall_domains(request: Any) -> Answer:
    """Add, remove or replace names: at most 1000 a call; a wildcard is `*` or a leading `*.`."""
    here, ident, operation = firewall(request), asked(request, "FirewallDomainListId"), asked(request, "Operation")
    thing, names = known(here.lists, ident), asked(request, "Domains") or []
    wrong = [name for name in names if not _DOMAIN.fullmatch(name) or len(name) > 255]
    if wrong or len(names) > 1000:
        raise refused(f"{len(names)} domains, of which cannot be read: {', '.join(wrong) or 'none'}; 1000 a call")
    given = {name.rstrip(".").lower() or name for name in names}
    held = here.domains[ident]
    here.domains[ident] = {"ADD": held | given, "REMOVE": held - given, "REPLACE": given}[operation]
    thing["ModificationTime"] = now()
    return {"Id": ident, "Name": thing["Name"], "Status": "COMPLETE", "StatusMessage": ""}


def delete_firewall_domain_list(request: Any) -> Answer:
    """Delete a list that no rule uses."""
    here, ident = firewall(request), asked(request, "FirewallDomainListId")
    known(here.lists, ident)
    if any(rule["FirewallDomainListId"] == ident for rules in here.rules.values() for rule in rules):
        raise refused(f"{ident} is used by a rule", "ConflictException")
    return {"FirewallDomainList": dropped(request, here.lists, ident)}
