"""Rules of other owners on the same Controller, read from a file and placed around the subject's own rules.

The file is a response of the Controller's API (`policies`, with `app_domains` for their groups), or resources from a state or a preview.
Rules are parsed as from a state; groups that they name without a definition are unknown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from containment.analysis.subject import Subject
from containment.errors import InputError, Problem
from containment.files import input_files
from containment.policy.rules import Rule, RuleSet
from policypack.firewall.parsed_policy import ParsedPolicy, parse_policy
from policypack.graph.known_types import POLICY_LIST, SMART_GROUP, WEB_GROUP
from policypack.graph.plain_data import make_plain
from policypack.graph.resources import Graph, Resource
from policypack.stored_resources import load_resources

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


def place_other_owners(subject: Subject, ahead: ParsedPolicy | None, behind: ParsedPolicy | None) -> Subject:
    """Return the subject with the rules of other owners around its own.

    Args:
        subject: the policy to extend.
        ahead: rules with a higher priority.
        behind: rules with a lower priority.
    """
    smart, web = dict(subject.ruleset.smart_groups), dict(subject.ruleset.web_groups)
    rules: list[Rule] = []
    taken = {rule.name for rule in subject.ruleset.rules}
    for stated, word in ((ahead, "before"), (None, ""), (behind, "after")):
        if not word:
            rules += subject.ruleset.rules
        elif stated is not None:
            smart |= {f"{word} {key}": group for key, group in stated.ruleset.smart_groups.items()}
            web |= {f"{word} {key}": group for key, group in stated.ruleset.web_groups.items()}
            rules += [_rename(rule, word, taken) for rule in stated.ruleset.rules]
    chain = tuple(replace(rule, priority=place) for place, rule in enumerate(rules, 1))
    gone = "no rule of another owner precedes"
    told = tuple(text for text in subject.assumptions if ahead is None or not text.startswith(gone))
    notes = tuple(note for stated in (ahead, behind) if stated for note in stated.notes if "default action" not in note)
    return replace(subject, ruleset=RuleSet(chain, smart, web, subject.ruleset.default_action), assumptions=(*told, *dict.fromkeys(notes)))


def _rename(rule: Rule, word: str, taken: set[str]) -> Rule:
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


def read_other_owners(path: Path) -> ParsedPolicy:
    """Return the rules in a file; raise InputError if it cannot be read or has no rule."""
    fix = "give the Controller's {policies, app_domains}, or resources as `pulumi stack export` writes them"
    title, why = "other owners' rules cannot be read", "without them the order of rules is incomplete"
    with input_files.explain_errors(title, why, fix):
        document = input_files.read_json(path)
    try:
        resources = _convert_document(document) if isinstance(document, dict) and "policies" in document else load_resources(document)
        stated = parse_policy(Graph(resources))
        if stated is None:
            raise ValueError("has no rule")
    except ValueError as error:
        raise InputError(title, [Problem(str(path), str(error), why, fix)]) from None
    except (TypeError, AttributeError):  # a list or a text where the API has an object
        raise InputError(title, [Problem(str(path), "has not the form of a Controller's answer", why, fix)]) from None
    return stated


def _convert_document(document: Mapping[str, Any]) -> list[Resource]:
    policies = document["policies"]
    if not isinstance(policies, list) or not all(isinstance(one, dict) for one in policies):
        raise ValueError("has `policies` that are not a list of rules")
    blocks = sorted(policies, key=lambda one: one["priority"] if isinstance(one.get("priority"), int) else 0)
    listed = [convert_rule(one) for one in blocks]
    held = Resource(urn="other owners", type=POLICY_LIST, name="other owners", props=make_plain({"policies": listed}))
    return [held, *(_convert_group(one) for one in _check_domains(document.get("app_domains") or []))]


def convert_rule(policy: Mapping[str, Any]) -> dict[str, Any]:
    """Return a rule of a Controller response under the provider's property names."""
    found = {_FIELDS.get(key, key): value for key, value in policy.items()}
    found["protocol"] = "ANY" if found.get("protocol") == "PROTOCOL_UNSPECIFIED" else found.get("protocol", "ANY")
    return found


def convert_expressions(domain: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the match expressions of a group in a Controller response under the provider's property names."""
    return [_convert_expression(one.get("all") or {}) for one in (domain.get("selector") or {}).get("any") or []]


def is_web(expressions: Iterable[Mapping[str, Any]]) -> bool:
    """Return whether match expressions are those of a WebGroup."""
    return any(key in one for one in expressions for key in ("snifilter", "urlfilter"))


def _check_domains(found: Any) -> Iterable[Mapping[str, Any]]:
    if not isinstance(found, list) or not all(isinstance(one, dict) and isinstance(one.get("uuid"), str) for one in found):
        raise ValueError("has `app_domains` that are not a list of groups with uuids")
    return found


def _convert_group(domain: Mapping[str, Any]) -> Resource:
    expressions = convert_expressions(domain)
    return Resource(
        urn=f"group {domain['uuid']}",
        type=WEB_GROUP if is_web(expressions) else SMART_GROUP,
        name=str(domain.get("name") or domain["uuid"]),
        props={"name": domain.get("name"), "selector": {"matchExpressions": expressions}},
        outputs={"id": domain["uuid"]},
    )


def _convert_expression(fields: Mapping[str, Any]) -> dict[str, Any]:
    tags = {key.removeprefix("tags."): value for key, value in fields.items() if key.startswith("tags.")}
    rest = {_SELECTORS.get(key, key): value for key, value in fields.items() if not key.startswith("tags.")}
    return {**rest, **({"tags": tags} if tags else {})}
