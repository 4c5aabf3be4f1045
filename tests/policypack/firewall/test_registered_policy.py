"""The policy that the pack reads from registered resources has the digest of the policy that the program builds, in every class."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from containment.loaders.presets import find_class_names
from containment.loaders.stack_file import read_stack
from containment.names import PolicyMode
from containment.policy.builder import build_ruleset
from containment.record.digests import digest_ruleset
from policypack.firewall.registered_policy import list_policies
from policypack.graph.known_types import RULE_LISTS, SMART_GROUP, WEB_GROUP
from policypack.graph.plain_data import UNKNOWN, make_plain
from policypack.graph.resources import Graph, Resource
from tests.support.deploy import REPOSITORY, deploy, stack_config
from tests.support.entries import FIELDS

API = {"cidrs": ["10.200.0.0/24"], "ports": ["443"], **{key: FIELDS[key] for key in ("owner", "reason", "until")}}
COMPANY: dict[str, Any] = {
    "approvedSaasApiDomains": [{"name": "api.partner.example", **FIELDS}],
    "approvedModelGatewayCidrs": [{"name": "10.201.0.0/24", **FIELDS}],
    "approvedInternalApis": {"crm": API},
    "alwaysEnforce": ["unapproved-models"],
}
CASES: dict[str, tuple[str, dict[str, Any]]] = {
    **{name: (f"{name}-enforce", {}) for name in sorted(find_class_names())},
    "of-a-company": ("coding-enforce", COMPANY),
    "8.2": ("coding-enforce", {"controllerVersion": "8.2"}),
    "without-permit-logs": ("coding-enforce", {"logPermitRules": False}),
}


def _register(stack: str, config: dict[str, Any]) -> list[Resource]:
    done = deploy(stack, stack_config(stack, **config))
    assert done.error is None, done.error
    wanted = {*RULE_LISTS, SMART_GROUP, WEB_GROUP, "aviatrix:index/dcfTlsProfile:DcfTlsProfile"}
    found = []
    for urn, state in done.resources.items():
        kind = urn.split("::")[2].split("$")[-1]
        if kind in wanted:
            plain = make_plain(state)
            found.append(Resource(urn, kind, urn.rsplit("::", 1)[-1], props=plain, outputs=plain))
    return found


def _hide_ids(resources: list[Resource]) -> list[Resource]:
    """Return the resources as a first preview has them: no group has an id, and rules name unknown ones."""
    ids = {one.outputs["uuid"] for one in resources if one.type not in RULE_LISTS}

    def hide(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: hide(item) for key, item in value.items()}
        if isinstance(value, list):
            return [hide(item) for item in value]
        return UNKNOWN if value in ids else value

    groups = [one.urn for one in resources if one.type not in RULE_LISTS]
    return [
        replace(one, props=hide(dict(one.props)), outputs={}, property_dependencies={"rules": tuple(groups), "policies": tuple(groups)})
        if one.type in RULE_LISTS
        else replace(one, props={key: value for key, value in one.props.items() if key not in ("uuid", "arn")}, outputs={})
        for one in resources
    ]


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_the_digest_is_the_programs(case: str) -> None:
    """With ids and in a first preview; and the policy as it is observed in monitor is among those that a decision may name."""
    stack, config = CASES[case]
    spec = read_stack(stack, {key: json.dumps(value) if not isinstance(value, str) else value for key, value in config.items()}, REPOSITORY)
    wanted = digest_ruleset(build_ruleset(spec))
    watched = digest_ruleset(build_ruleset(replace(spec, config=spec.config.model_copy(update={"policy_mode": PolicyMode.MONITOR}))))
    registered = _register(stack, config)
    for resources in (registered, _hide_ids(registered)):
        digests = [digest_ruleset(one) for one in list_policies(Graph(resources))]
        assert wanted in digests
        assert watched in digests
        assert digests[0] == wanted


def test_another_name_in_a_group_is_another_policy() -> None:
    """Else equal digests would show nothing."""
    stack, config = CASES["coding"]
    registered = _register(stack, config)
    wanted = digest_ruleset(build_ruleset(read_stack(stack, None, REPOSITORY)))
    evil = {"matchExpressions": [{"snifilter": "evil.example"}]}
    changed = [replace(one, props={**one.props, "selector": evil}) if one.type == WEB_GROUP else one for one in registered]
    for resources in (changed, _hide_ids(changed)):
        assert wanted not in [digest_ruleset(one) for one in list_policies(Graph(resources))]
