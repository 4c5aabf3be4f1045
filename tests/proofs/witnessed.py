"""What one flow does under stated unknowns and one reading of the apex: the check of a witness, apart from the analyser.

A witness says which unknowns it takes to hold; all others are taken not to. Then every rule matches or does not, and the
first that does must be the one that the witness is shown for.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Collection
from ipaddress import ip_network

from containment.analysis.classes.table import Witness
from containment.names import Protocol
from containment.policy.flow import Application, Flow
from containment.policy.rules import CidrSelector, OpaqueSelector, Rule, RuleSet, SmartGroup

PRIVATE = [ip_network(block) for block in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")]


def matching(ruleset: RuleSet, witness: Witness, apex: bool) -> int:
    """Return the rules that match a witness, as bits, with what it takes to hold and nothing else."""
    return sum(1 << index for index, rule in enumerate(ruleset.rules) if rule_matches(ruleset, rule, witness, apex))


def rule_matches(ruleset: RuleSet, rule: Rule, witness: Witness, apex: bool) -> bool:
    """Tell whether one rule matches a witness; a rule that is disabled is judged as any other."""
    flow, given = witness.flow, witness.given
    if rule.protocol is not Protocol.ANY and rule.protocol is not flow.protocol:
        return False
    if rule.ports and (flow.port is None or not any(one.low <= flow.port <= one.high for one in rule.ports)):
        return False
    if rule.tls_required and flow.application is not Application.TLS:
        return False
    sides = ((rule.sources, "source", flow.source.address), (rule.destinations, "destination", flow.destination))
    for names, side, address in sides:
        held = [one.removeprefix(f"the {side} is ") for one in given if one.startswith(f"the {side} is ")]
        if not any(_in_group(ruleset.smart_groups[name], side, address, flow, held) for name in names):
            return False
    return not rule.web_groups or _named(ruleset, rule, witness, apex)


def _in_group(group: SmartGroup, side: str, address: object, flow: Flow, held: Collection[str]) -> bool:
    if group.name == "Public Internet":
        if getattr(address, "version", None) == 6:
            return "an IPv6 address in Public Internet" in held
        return not any(address in block for block in PRIVATE)
    for selector in group.selectors:
        if isinstance(selector, CidrSelector):
            if address in selector.network:
                return True
        elif isinstance(selector, OpaqueSelector):
            if selector.description in held:
                return True
        elif side == "source":
            if selector.tags.items() <= (flow.source.tags or {}).items():
                return True
        elif "a VM with " + " and ".join(f"{key}={value}" for key, value in sorted(selector.tags.items())) in held:
            return True
    return False


def _named(ruleset: RuleSet, rule: Rule, witness: Witness, apex: bool) -> bool:
    flow = witness.flow
    if flow.protocol is not Protocol.TCP or flow.application is Application.OTHER:
        return False
    for group in (ruleset.web_groups[name] for name in rule.web_groups):
        sure = [pattern.text for pattern in group.patterns]
        sure += [one.text for one in group.unsure if f"it is a request that {one} in an unknown group matches" in witness.given]
        if any(pattern == "*" if flow.server_name is None else fits(pattern, flow.server_name, apex) for pattern in sure):
            return True
        for url in group.urls:
            seen = flow.application is Application.HTTP or rule.decrypts
            if f"it is a request to {url}" in witness.given and seen and flow.server_name and fits(url.host.text, flow.server_name, apex):
                return True
    return False


@functools.cache
def _regex(pattern: str) -> re.Pattern[str]:
    return re.compile(re.escape(pattern).replace(r"\*", ".*"))


def fits(pattern: str, name: str, apex: bool) -> bool:
    """Tell whether a pattern matches a name under one reading of the apex."""
    if _regex(pattern).fullmatch(name):
        return True
    return apex and pattern.startswith("*.") and "*" not in pattern[2:] and name == pattern[2:]
