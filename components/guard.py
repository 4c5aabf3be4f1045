"""The policy pack's rules, applied by the program to itself: a bare `pulumi up` runs no pack.

Every resource of the program is judged by its inputs as it is registered, and the ordered rules before anything is;
the words are the pack's own, and its waivers hold here too. An input that another resource has yet to make is UNKNOWN, as
in the pack's first preview.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from typing import Any

import pulumi
from pulumi._types import input_type_to_dict, is_input_type
from pydantic.alias_generators import to_camel

from components.lowering import rule_args, smart_group_selector
from containment.model.names import HostTag
from containment.model.ruleset import RuleSet
from containment.model.spec import ContainmentSpec
from policypack.finding import Finding
from policypack.graph import Resource
from policypack.judge import check_order, check_resource
from policypack.known_types import AVIATRIX_PROVIDER, INSTANCE, POLICY_LIST, RULESET, SMART_GROUP, WEB_GROUP
from policypack.plain import UNKNOWN
from policypack.registry import RULES
from policypack.waiver_rule import rule_of
from policypack.waivers import ANY_PARENT, Waivers, apply, load

FREE_KEYS = frozenset({"tags", "tags_all"})
"""Maps whose keys are people's own and are no property names."""


def refuse_holes(spec: ContainmentSpec, ruleset: RuleSet) -> None:
    """Stop now when the rules or the waivers are wrong, and at each resource that would leave a hole."""
    waivers = load(datetime.now(UTC).date(), [rule.id for rule in RULES])
    _stop([Finding(rule_of(waivers), fault.where, fault.what) for fault in waivers.faults("")], waivers)
    _stop([*_connection_findings(), *_order_findings(spec, ruleset)], waivers)

    host = Resource("", INSTANCE, "agent", props={"tags": {HostTag.AGENT_STACK.value: spec.stack}})

    def judged(args: pulumi.ResourceTransformationArgs) -> None:
        # A component makes nothing by itself; of a provider's inputs only outputs are to be had here.
        if isinstance(args.resource, pulumi.CustomResource) and not isinstance(args.resource, pulumi.ProviderResource):
            urn = _urn(args.type_, args.name)
            _stop(check_resource(args.type_, args.name, plain_inputs(args.props), urn=urn, seen=(host,)), waivers)

    pulumi.runtime.register_stack_transformation(judged)


def _urn(kind: str, name: str) -> str:
    """Return a resource's URN as far as it is known while the resource is registered: without the types of its parents."""
    return f"urn:pulumi:{pulumi.get_stack()}::{pulumi.get_project()}::{ANY_PARENT}{kind}::{name}"


def plain_inputs(value: Any) -> Any:
    """Return inputs as plain data under Pulumi's names; what is not known while the program runs is UNKNOWN."""
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, pulumi.Output) or hasattr(value, "__await__"):
        return UNKNOWN
    if is_input_type(type(value)):
        return {key: plain_inputs(item) for key, item in input_type_to_dict(value).items() if item is not None}
    if isinstance(value, Mapping):
        return {
            _camel(key): dict(item) if key in FREE_KEYS and isinstance(item, Mapping) else plain_inputs(item)
            for key, item in value.items()
            if item is not None
        }
    return [plain_inputs(item) for item in value] if isinstance(value, Sequence) else value


_camel = cache(to_camel)
"""Pulumi's name of a property; a program says the same few hundred over and over."""


def _connection_findings() -> list[Finding]:
    """Judge the connection to the Controller by its configuration: in the provider's inputs the same values are outputs."""
    stated = pulumi.Config("aviatrix").get_bool("verifySslCertificate")
    props = {} if stated is None else {"verifySslCertificate": stated}
    return check_resource(AVIATRIX_PROVIDER, "controller", props, urn=_urn(AVIATRIX_PROVIDER, "controller"))


def _order_findings(spec: ContainmentSpec, ruleset: RuleSet) -> list[Finding]:
    own = {key: group for key, group in ruleset.smart_groups.items() if key.startswith("sg-")}
    tags = {spec.config.agent_workload_tag_key: spec.config.agent_workload_tag_value}
    tags |= {HostTag.AGENT_STACK.value: spec.stack, HostTag.POLICY_MODE.value: spec.mode.value}
    is_ruleset = not spec.config.manage_controller_policy
    policy = "policy"  # the name the program gives it; a test compares
    found = check_order(
        [plain_inputs(rule_args(rule, str, tls_profile=None, log_profiles=False)) for rule in ruleset.rules],
        # Of a URL only the host: the order is judged as if every path of it were permitted.
        web_groups={key: [*map(str, group.patterns), *(str(url.host) for url in group.urls)] for key, group in ruleset.web_groups.items()},
        smart_groups={key: smart_group_selector(group)["match_expressions"] for key, group in own.items()},
        host_tags=tags,
        host_cidrs=[str(subnet) for subnet in spec.agent_subnets],
        is_ruleset=is_ruleset,
        owner=_urn(RULESET if is_ruleset else POLICY_LIST, f"{policy}-rules"),
        vpc_cidr=str(spec.config.vpc_cidr),
    )
    places = {key: _urn(SMART_GROUP, f"{policy}-{key}") for key in own} | {
        key: _urn(WEB_GROUP, f"{policy}-{key}") for key in ruleset.web_groups
    }
    return [replace(finding, where=places.get(finding.where, finding.where)) for finding in found]


def _stop(findings: list[Finding], waivers: Waivers) -> None:
    """Stop with what is found and not waived; what is waived is shown."""
    standing, waived = apply(findings, waivers)
    for one in waived:
        pulumi.log.warn(one.message)
    if standing:
        raise pulumi.RunError("refused, before it is made:\n" + "\n".join(str(finding) for finding in standing))
