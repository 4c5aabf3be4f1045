"""The rules of the vended place of `place`: groups, a ruleset (or the Controller's list), the default action.

Changed by a sample like the pieces of `place`: groups and `rules`, `default-action` as pieces, single rules by name through `rules=`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pulumi_aviatrix as aviatrix

if TYPE_CHECKING:
    from place import Change, Place

ANYWHERE = "def000ad-0000-0000-0000-000000000000"
PUBLIC_INTERNET = "def000ad-0000-0000-0000-000000000001"
ALL_WEB = "def000ad-0000-0000-0000-000000000002"
BEFORE_UI = "defa11a1-3000-4001-0000-000000000000"
SHADOW_MODELS = (
    "api.openai.com",
    "api.anthropic.com",
    "generativelanguage.googleapis.com",
    "api.mistral.ai",
    "openrouter.ai",
    "api.deepseek.com",
)


def make(place: Place, changes: dict[str, Change], *, as_list: bool) -> None:
    """Make groups, rules and the default action; `changes` are to single rules."""
    _groups(place)
    listed = _rules(place)
    for name, change in changes.items():
        stated = {"name": name, **listed.get(name, {}), **(change or {})}
        listed[name] = {key: value(place) if callable(value) else value for key, value in stated.items()}
    kept = [listed[name] for name in listed if changes.get(name, {}) is not None]
    rules = [{key: value for key, value in rule.items() if value is not None} for rule in kept]
    if as_list:
        place.make(aviatrix.DistributedFirewallingPolicyList, "rules", policies=rules)
    else:
        place.make(aviatrix.DcfRuleset, "rules", name="sample-place", attach_to=BEFORE_UI, rules=rules)
    place.make(aviatrix.DistributedFirewallingDefaultActionRule, "default-action", action="DENY", logging=True)


def sni(*names: str) -> dict[str, Any]:
    """Return a WebGroup's selector for names."""
    return {"match_expressions": [{"snifilter": name} for name in names]}


def cidrs(*networks: str) -> dict[str, Any]:
    """Return a SmartGroup's selector for networks."""
    return {"match_expressions": [{"cidr": network} for network in networks]}


def permit(place: Place, name: str, at: int, web: Any, **changes: Any) -> dict[str, Any]:
    """Return a permit of a sound kind: the agents to the names of one WebGroup, over TLS, logged."""
    return _rule(place, name, at, "PERMIT", PUBLIC_INTERNET, web_groups=[web], flow_app_requirement="TLS_REQUIRED", **changes)


def _groups(place: Place) -> None:
    agents = {"match_expressions": [{"type": "vm", "tags": {"Role": "openclaw-agent-harness"}}, {"cidr": "10.64.10.0/24"}]}
    place.make(aviatrix.SmartGroup, "agent-workload", name="agent-workload", selector=agents)
    place.make(aviatrix.SmartGroup, "resolver", name="resolver", selector=cidrs("10.64.0.2/32"))
    place.make(aviatrix.SmartGroup, "aws-services", name="aws-services", selector=cidrs("10.64.20.0/24"))
    place.make(aviatrix.SmartGroup, "east-west", name="east-west", selector=cidrs("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"))
    place.make(aviatrix.WebGroup, "shadow-models", name="shadow-models", selector=sni(*SHADOW_MODELS))
    place.make(aviatrix.WebGroup, "core", name="core", selector=sni("openclaw.ai", "docs.openclaw.ai"))


def _rules(place: Place) -> dict[str, dict[str, Any]]:
    watch = None if place.mode == "enforce" else True
    denied = {"watch": watch, "port_ranges": None, "protocol": "ANY"}
    resolver, dns = place["resolver"].uuid, {"port_ranges": [{"lo": 53, "hi": 53}]}
    listed = [
        _rule(place, "shadow-model-deny", 10, "DENY", PUBLIC_INTERNET, web_groups=[place["shadow-models"].uuid], watch=watch),
        _rule(place, "dns-udp", 18, "PERMIT", resolver, protocol="UDP", **dns),
        _rule(place, "dns-tcp", 19, "PERMIT", resolver, **dns),
        _rule(place, "dns-elsewhere-udp", 20, "DENY", ANYWHERE, protocol="UDP", watch=watch, **dns),
        _rule(place, "dns-elsewhere-tcp", 21, "DENY", ANYWHERE, watch=watch, **dns),
        _rule(place, "allow-aws", 30, "PERMIT", place["aws-services"].uuid),
        permit(place, "allow-core", 50, place["core"].uuid),
        _rule(place, "east-west-deny", 100, "DENY", place["east-west"].uuid, **denied),
        _rule(place, "default-deny", 200, "DENY", ANYWHERE, **denied),
    ]
    if place.mode == "monitor":
        listed.append(_rule(place, "monitor-permit", 210, "PERMIT", ANYWHERE, protocol="ANY", port_ranges=None))
    return {rule["name"]: rule for rule in listed}


def _rule(place: Place, name: str, at: int, action: str, destination: Any, **changes: Any) -> dict[str, Any]:
    stated = {
        "name": name,
        "priority": at,
        "action": action,
        "src_smart_groups": [place["agent-workload"].uuid],
        "dst_smart_groups": [destination],
        "protocol": "TCP",
        "port_ranges": [{"lo": 443, "hi": 443}],
        "logging": True,
    }
    return {**stated, **changes}
