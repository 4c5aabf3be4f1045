"""Rules of other owners on the same Controller, given as data, around a subject's own: answers then hold for the whole chain.

A file is what the Controller's API answers (`policies`, with `app_domains` for their groups), or resources as a state or
preview holds them. Which flows they match is read as from a state; what they name and do not define is unknown.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from containment.model.errors import InputError, Problem
from containment.model.reach.subject import Subject
from containment.model.ruleset import Rule, RuleSet
from policypack.graph import Graph, Resource
from policypack.known_types import POLICY_LIST, SMART_GROUP, WEB_GROUP
from policypack.plain import plain
from policypack.ruleset import Stated, ruleset_of
from policypack.stored import resources_in

_FIELDS = {
    "src_ads": "srcSmartGroups",
    "dst_ads": "dstSmartGroups",
    "web_filters": "webGroups",
    "port_ranges": "portRanges",
    "flow_app_requirement": "flowAppRequirement",
    "decrypt_policy": "decryptPolicy",
    "tls_profile": "tlsProfile",
    "log_profile": "logProfile",
}
_SELECTORS = {"res_id": "resId", "account_id": "accountId", "account_name": "accountName", "k8s_cluster_id": "k8sClusterId",
              "k8s_namespace": "k8sNamespace", "k8s_service": "k8sService", "k8s_pod": "k8sPod"}  # fmt: skip


def with_others(subject: Subject, before: Path | None, after: Path | None) -> Subject:
    """Return the subject with other owners' rules before and after its own; raises InputError."""
    ahead, behind = (_read(path) if path else None for path in (before, after))
    smart, web = dict(subject.ruleset.smart_groups), dict(subject.ruleset.web_groups)
    rules: list[Rule] = []
    taken = {rule.name for rule in subject.ruleset.rules}
    for stated, word in ((ahead, "before"), (None, ""), (behind, "after")):
        if not word:
            rules += subject.ruleset.rules
        elif stated is not None:
            smart |= {f"{word} {key}": group for key, group in stated.ruleset.smart_groups.items()}
            web |= {f"{word} {key}": group for key, group in stated.ruleset.web_groups.items()}
            rules += [_renamed(rule, word, taken) for rule in stated.ruleset.rules]
    chain = tuple(replace(rule, priority=place) for place, rule in enumerate(rules, 1))
    gone = "no rule of another owner stands before"
    told = tuple(text for text in subject.assumptions if before is None or not text.startswith(gone))
    notes = tuple(note for stated in (ahead, behind) if stated for note in stated.notes if "default action" not in note)
    return replace(subject, ruleset=RuleSet(chain, smart, web, subject.ruleset.default_action), assumptions=(*told, *dict.fromkeys(notes)))


def _renamed(rule: Rule, word: str, taken: set[str]) -> Rule:
    name = rule.name
    while name in taken:
        name += f" ({word})"
    taken.add(name)
    return replace(
        rule,
        name=name,
        sources=tuple(f"{word} {key}" for key in rule.sources),
        destinations=tuple(f"{word} {key}" for key in rule.destinations),
        web_groups=tuple(f"{word} {key}" for key in rule.web_groups),
    )


def _read(path: Path) -> Stated:
    fix = "give the Controller's {policies, app_domains}, or resources as `pulumi stack export` prints them"
    try:
        document: Any = json.loads(path.read_text(encoding="utf-8"))
        resources = _from_controller(document) if isinstance(document, dict) and "policies" in document else resources_in(document)
        stated = ruleset_of(Graph(resources))
        if stated is None:
            raise ValueError("has no rule")
    except (OSError, UnicodeDecodeError, ValueError, TypeError, AttributeError) as error:
        said = "is not JSON" if isinstance(error, json.JSONDecodeError) else str(error)
        raise InputError(
            "other owners' rules cannot be read", [Problem(str(path), said, "the chain is not known without them", fix)]
        ) from None
    return stated


def _from_controller(document: Mapping[str, Any]) -> list[Resource]:
    policies = document["policies"]
    if not isinstance(policies, list) or not all(isinstance(one, dict) for one in policies):
        raise ValueError("has `policies` that are not a list of rules")
    blocks = sorted(policies, key=lambda one: one["priority"] if isinstance(one.get("priority"), int) else 0)
    listed = [rule_of_answer(one) for one in blocks]
    held = Resource(urn="other owners", type=POLICY_LIST, name="other owners", props=plain({"policies": listed}))
    return [held, *(_group(one) for one in _domains(document.get("app_domains") or []))]


def rule_of_answer(policy: Mapping[str, Any]) -> dict[str, Any]:
    """Return a rule of the Controller's API under the provider's property names."""
    found = {_FIELDS.get(key, key): value for key, value in policy.items()}
    found["protocol"] = "ANY" if found.get("protocol") == "PROTOCOL_UNSPECIFIED" else found.get("protocol", "ANY")
    return found


def expressions_of_answer(domain: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the match expressions of a group of the Controller's API under the provider's property names."""
    return [_expression(one.get("all") or {}) for one in (domain.get("selector") or {}).get("any") or []]


def is_web(expressions: Iterable[Mapping[str, Any]]) -> bool:
    """Tell whether match expressions are those of a WebGroup."""
    return any(key in one for one in expressions for key in ("snifilter", "urlfilter"))


def _domains(found: Any) -> Iterable[Mapping[str, Any]]:
    if not isinstance(found, list) or not all(isinstance(one, dict) and isinstance(one.get("uuid"), str) for one in found):
        raise ValueError("has `app_domains` that are not a list of groups with uuids")
    return found


def _group(domain: Mapping[str, Any]) -> Resource:
    expressions = expressions_of_answer(domain)
    return Resource(
        urn=f"group {domain['uuid']}",
        type=WEB_GROUP if is_web(expressions) else SMART_GROUP,
        name=str(domain.get("name") or domain["uuid"]),
        props={"name": domain.get("name"), "selector": {"matchExpressions": expressions}},
        outputs={"id": domain["uuid"]},
    )


def _expression(fields: Mapping[str, Any]) -> dict[str, Any]:
    tags = {key.removeprefix("tags."): value for key, value in fields.items() if key.startswith("tags.")}
    rest = {_SELECTORS.get(key, key): value for key, value in fields.items() if not key.startswith("tags.")}
    return {**rest, **({"tags": tags} if tags else {})}
