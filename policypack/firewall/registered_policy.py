"""The policies that registered resources can be, as values of which a digest can be computed and compared with a decision's.

With known group ids there is exactly one. In a first preview no group has an id, so the group that a rule names is taken from the
names of both, as the program gives them; the digest, which covers the contents of all groups of a rule, then shows whether the policy
taken together is the decided one. Every fact that stays unknown makes another policy, or none: it is never completed in favor of a
decision. The update itself is judged by ids.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain, combinations
from typing import Any, Final

from containment.names import Action, RuleId, SmartGroupId, WebGroupId
from containment.policy.rules import Logging, Rule, RuleSet
from policypack.firewall.groups import IDENTITIES
from policypack.firewall.parsed_policy import parse_policy
from policypack.firewall.rules import RegisteredRule, read_rules
from policypack.graph.known_types import POLICY_LIST, RULE_LISTS, SMART_GROUP, WEB_GROUP
from policypack.graph.plain_data import UNKNOWN, get_field, get_items
from policypack.graph.resources import Graph, Resource

_WEB: Final = {
    RuleId.SHADOW_MODEL_DENY: WebGroupId.UNAPPROVED_MODELS,
    RuleId.DOH_DENY: WebGroupId.DOH_RESOLVERS,
    RuleId.PASTE_DENY: WebGroupId.PASTE_AND_WEBHOOKS,
    RuleId.DECRYPTED_URLS: WebGroupId.DECRYPTED_URLS,
    RuleId.AWS_INFRA: WebGroupId.AWS_INFRA,
    RuleId.OS_UPDATES: WebGroupId.OS_UPDATES,
    RuleId.MODEL_GATEWAYS: WebGroupId.MODEL_GATEWAYS,
    RuleId.CORE: WebGroupId.CORE,
    RuleId.PACKAGES: WebGroupId.PACKAGES,
    RuleId.SAAS_APIS: WebGroupId.SAAS_APIS,
    RuleId.MCP_GATEWAYS: WebGroupId.MCP_GATEWAYS,
    RuleId.IDENTITY_TELEMETRY: WebGroupId.IDENTITY_TELEMETRY,
    RuleId.PUBLIC_REFERENCE: WebGroupId.PUBLIC_REFERENCE,
}
_DESTINATIONS: Final = {
    RuleId.VPC_DNS_UDP: SmartGroupId.VPC_DNS_RESOLVER,
    RuleId.VPC_DNS_TCP: SmartGroupId.VPC_DNS_RESOLVER,
    RuleId.AWS_INFRA: SmartGroupId.VPC_ENDPOINTS,
    RuleId.MODEL_GATEWAY_CIDRS: SmartGroupId.MODEL_GATEWAY_CIDRS,
    RuleId.EAST_WEST_DENY: SmartGroupId.EAST_WEST_DENY,
}
_API_RULE: Final = "-allow-api-"
_API_GROUP: Final = "sg-api-"
_ASSUMED: Final = "the default action belongs to another stack"
"""The start of the one note that makes no policy unknown: the platform program declares the default action."""


def list_policies(graph: Graph) -> tuple[RuleSet, ...]:
    """Return the policies that a program's resources can be, none while a fact is unknown; also as it would be observed in monitor."""
    return graph.compute_once(list_policies, lambda: tuple(_list_policies(graph)))


def name_groups(graph: Graph) -> Graph:
    """Return the program with an id for every group that has none yet, and the rules' unknown groups taken from the names."""
    return graph.compute_once(name_groups, lambda: _name_groups(graph))


def _list_policies(graph: Graph) -> Iterator[RuleSet]:
    named = name_groups(graph)
    parsed = parse_policy(named)
    if parsed is None or any(not note.startswith(_ASSUMED) for note in parsed.notes):
        return
    registered = read_rules(named)
    exact = list(parsed.ruleset.rules)
    for rules in (exact, *_complete_older(exact, registered)):
        yield replace(parsed.ruleset, rules=tuple(rules))
        yield from (replace(parsed.ruleset, rules=watched) for watched in _watch(rules))


def _complete_older(rules: list[Rule], registered: tuple[RegisteredRule, ...]) -> Iterator[list[Rule]]:
    """Yield what rules of a provider before 8.2 can mean: it has neither log profiles nor TLS profiles, so neither is registered."""
    blocks = [get_items(one.owner.get(one.key))[one.index] for one in registered]
    is_newer = any(get_field(block, key) is not None for block in blocks for key in ("logProfile", "tlsProfile"))
    if is_newer or any(one.owner.type != POLICY_LIST for one in registered):
        return
    for logging in (Logging.START, Logging.START_AND_END):
        for verifies in (False, True):
            yield [
                replace(
                    rule,
                    logging=rule.logging if rule.logging is Logging.NONE else logging,
                    verify_sni=verifies and rule.action.permits and bool(rule.web_groups),
                )
                for rule in rules
            ]


def _watch(rules: list[Rule]) -> Iterator[tuple[Rule, ...]]:
    """Yield enforced rules as they are observed in monitor: denies are watched, but for some denies of names, and all is delivered last."""
    if any(rule.watch for rule in rules):
        return
    last = next((rule for rule in rules if rule.name.endswith(f"-{RuleId.DEFAULT_DENY}")), None)
    if last is None:
        return
    permit = replace(
        last,
        name=f"{last.name.removesuffix(RuleId.DEFAULT_DENY)}{RuleId.MONITOR_PERMIT}",
        priority=max(rule.priority for rule in rules) + 1,
        action=Action.PERMIT,
    )
    by_name = [rule.name for rule in rules if rule.action is Action.DENY and rule.web_groups]
    for always in chain.from_iterable(combinations(by_name, count) for count in range(min(len(by_name), 4) + 1)):
        yield (*(replace(rule, watch=rule.action is Action.DENY and rule.name not in always) for rule in rules), permit)


def _name_groups(graph: Graph) -> Graph:
    fresh = [one for one in graph.find_by_type(SMART_GROUP, WEB_GROUP) if all(one.get_output(key) is None for key in IDENTITIES)]
    if not fresh:
        return graph
    changed = {one.urn: replace(one, outputs={**one.outputs, "uuid": one.urn}) for one in fresh}
    for owner in graph.find_by_type(*RULE_LISTS):
        key = "policies" if owner.type == POLICY_LIST else "rules"
        blocks = [_name_rule_groups(block, fresh) for block in get_items(owner.get(key))]
        changed[owner.urn] = replace(owner, props={**owner.props, key: blocks})
    return Graph(changed.get(one.urn, one) for one in graph.resources)


def _name_rule_groups(block: Any, fresh: list[Resource]) -> Any:
    name = get_field(block, "name")
    if not isinstance(block, dict) or not isinstance(name, str):
        return block
    rule = next((one for one in sorted(RuleId, key=len, reverse=True) if name == one or name.endswith(f"-{one}")), None)
    _, found, api = name.partition(_API_RULE)
    destination = f"{_API_GROUP}{api}" if found else _DESTINATIONS.get(rule) if rule else None
    wanted = {
        "srcSmartGroups": (SMART_GROUP, SmartGroupId.AGENT_WORKLOAD),
        "dstSmartGroups": (SMART_GROUP, destination),
        "webGroups": (WEB_GROUP, _WEB.get(rule) if rule else None),
    }
    return {**block, **{key: _name_ids(block[key], *among, fresh) for key, among in wanted.items() if key in block}}


def _name_ids(value: Any, kind: str, suffix: str | None, fresh: list[Resource]) -> Any:
    """Return group ids with the one group that has a name's end for each unknown id; others stay unknown."""
    able = [one.urn for one in fresh if one.type == kind and suffix is not None and f"-{one.name}".endswith(f"-{suffix}")]
    return [able[0] if one is UNKNOWN and len(able) == 1 else one for one in get_items(value)]
