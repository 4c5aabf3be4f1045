"""Apply the policy pack's rules inside the program, because a plain `pulumi up` runs no policy pack.

The ordered firewall rules are judged before any resource is registered, and every resource by its inputs as it is registered. The
messages are the pack's, and its waivers apply. An input that is the output of another resource is UNKNOWN, as in a first preview.
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

from components.aviatrix.provider_arguments import build_rule_arguments, build_smart_group_selector
from containment.config.spec import ContainmentSpec
from containment.names import HostTag
from containment.policy.rules import RuleSet
from policypack.finding import Finding
from policypack.graph.known_types import AVIATRIX_PROVIDER, INSTANCE, POLICY_LIST, RULESET, SMART_GROUP, WEB_GROUP
from policypack.graph.plain_data import UNKNOWN
from policypack.graph.resources import Resource
from policypack.registry import RULES
from policypack.standalone_checks import check_order, check_resource
from policypack.waiver_rule import build_waiver_rule
from policypack.waivers import ANY_PARENT, Waivers, apply_waivers, load_waivers

FREE_KEYS = frozenset({"tags", "tags_all"})
"""Maps whose keys are chosen by users and are not property names."""


def refuse_holes(spec: ContainmentSpec, ruleset: RuleSet) -> None:
    """Stop if the firewall rules or the waivers are wrong; later stop at each resource that breaks a rule."""
    waivers = load_waivers(datetime.now(UTC).date(), [rule.id for rule in RULES])
    _stop([Finding(build_waiver_rule(waivers), fault.where, fault.what) for fault in waivers.find_violations("")], waivers)
    _stop([*_check_connection(), *_check_order(spec, ruleset)], waivers)

    host = Resource("", INSTANCE, "agent", props={"tags": {HostTag.AGENT_STACK.value: spec.stack}})

    def judged(args: pulumi.ResourceTransformationArgs) -> None:
        # A component creates nothing by itself, and all inputs of a provider are outputs here.
        if isinstance(args.resource, pulumi.CustomResource) and not isinstance(args.resource, pulumi.ProviderResource):
            urn = _build_urn(args.type_, args.name)
            _stop(check_resource(args.type_, args.name, convert_inputs(args.props), urn=urn, seen=(host,)), waivers)

    pulumi.runtime.register_stack_transformation(judged)


def _build_urn(kind: str, name: str) -> str:
    """Return a resource's URN as far as it is known at registration: without the types of its parents."""
    return f"urn:pulumi:{pulumi.get_stack()}::{pulumi.get_project()}::{ANY_PARENT}{kind}::{name}"


def convert_inputs(value: Any) -> Any:
    """Return inputs as plain data under Pulumi's property names; outputs and awaitables are UNKNOWN."""
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, pulumi.Output) or hasattr(value, "__await__"):
        return UNKNOWN
    if is_input_type(type(value)):
        return {key: convert_inputs(item) for key, item in input_type_to_dict(value).items() if item is not None}
    if isinstance(value, Mapping):
        return {
            _camel(key): dict(item) if key in FREE_KEYS and isinstance(item, Mapping) else convert_inputs(item)
            for key, item in value.items()
            if item is not None
        }
    return [convert_inputs(item) for item in value] if isinstance(value, Sequence) else value


_camel = cache(to_camel)
"""Pulumi's name of a property; cached, because a program uses the same few hundred again and again."""


def _check_connection() -> list[Finding]:
    """Judge the connection to the Controller by its configuration, because the provider's inputs are outputs here."""
    stated = pulumi.Config("aviatrix").get_bool("verifySslCertificate")
    props = {} if stated is None else {"verifySslCertificate": stated}
    return check_resource(AVIATRIX_PROVIDER, "controller", props, urn=_build_urn(AVIATRIX_PROVIDER, "controller"))


def _check_order(spec: ContainmentSpec, ruleset: RuleSet) -> list[Finding]:
    own = {key: group for key, group in ruleset.smart_groups.items() if key.startswith("sg-")}
    tags = {spec.config.agent_workload_tag_key: spec.config.agent_workload_tag_value}
    tags |= {HostTag.AGENT_STACK.value: spec.stack, HostTag.POLICY_MODE.value: spec.mode.value}
    is_ruleset = not spec.config.manage_controller_policy
    policy = "policy"  # the component's name in __main__.py; a test compares them
    found = check_order(
        [convert_inputs(build_rule_arguments(rule, str, tls_profile=None, log_profiles=False)) for rule in ruleset.rules],
        # Only the host of a URL: the order is judged as if every path were permitted.
        web_groups={key: [*map(str, group.patterns), *(str(url.host) for url in group.urls)] for key, group in ruleset.web_groups.items()},
        smart_groups={key: build_smart_group_selector(group)["match_expressions"] for key, group in own.items()},
        host_tags=tags,
        host_cidrs=[str(subnet) for subnet in spec.agent_subnets],
        is_ruleset=is_ruleset,
        owner=_build_urn(RULESET if is_ruleset else POLICY_LIST, f"{policy}-rules"),
        vpc_cidr=str(spec.config.vpc_cidr),
        gateway_cidr=str(spec.credential_gateway.subnet) if spec.credential_gateway else "",
        region=spec.config.aws_region,
    )
    places = {key: _build_urn(SMART_GROUP, f"{policy}-{key}") for key in own} | {
        key: _build_urn(WEB_GROUP, f"{policy}-{key}") for key in ruleset.web_groups
    }
    return [replace(finding, where=places.get(finding.where, finding.where)) for finding in found]


def _stop(findings: list[Finding], waivers: Waivers) -> None:
    """Stop with the findings that are not waived; print waived ones as warnings."""
    standing, waived = apply_waivers(findings, waivers)
    for one in waived:
        pulumi.log.warn(one.message)
    if standing:
        raise pulumi.RunError("refused before it is created:\n" + "\n".join(str(finding) for finding in standing))
