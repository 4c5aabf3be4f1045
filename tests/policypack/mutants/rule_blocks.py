"""Rules and groups that mutants of the firewall policy add: sound ones, but for what is said."""

from __future__ import annotations

from typing import Any

from tests.policypack.mutants.mutant import (
    AGENTS,
    INTERNET,
    RULES,
    Add,
    Set,
)
from tests.policypack.mutants.program import Ref

_SMART = "aviatrix:index/smartGroup:SmartGroup"
_WEB = "aviatrix:index/webGroup:WebGroup"


def block(priority: int, action: str = "PERMIT", **more: Any) -> dict[str, Any]:
    """Return a rule for the agents to the internet on TCP 443, logged; `more` says what is otherwise, None leaves out."""
    stated = {
        "name": "extra-rule",
        "action": action,
        "priority": priority,
        "protocol": "TCP",
        "srcSmartGroups": [Ref(AGENTS, "uuid")],
        "dstSmartGroups": [INTERNET],
        "portRanges": [{"lo": 443, "hi": 443}],
        "logging": True,
        "watch": False,
        **more,
    }
    return {key: value for key, value in stated.items() if value is not None}


def named(group: str, **more: Any) -> dict[str, Any]:
    """Return what a sound permit by name states besides."""
    return {"webGroups": [Ref(group, "uuid")], "flowAppRequirement": "TLS_REQUIRED", "tlsProfile": Ref("policy-tls", "uuid"), **more}


def rule(priority: int, action: str = "PERMIT", **more: Any) -> Set:
    """Return the addition of such a rule."""
    return Set(RULES, "rules/+", block(priority, action, **more))


def group(*expressions: dict[str, Any], name: str = "more") -> Add:
    """Return a SmartGroup of match expressions."""
    return Add(_SMART, {"name": name, "selector": {"matchExpressions": list(expressions)}}, name)


def names(*patterns: Any, name: str = "more-names") -> Add:
    """Return a WebGroup of names."""
    return Add(_WEB, {"name": name, "selector": {"matchExpressions": [{"snifilter": one} for one in patterns]}}, name)
