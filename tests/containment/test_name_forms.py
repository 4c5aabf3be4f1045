"""An unapproved name is one name in every layer, however it is written: configuration, decision, analyser, pack, lab and command line.

Where a layer takes ASCII only, as the Controller's and AWS's interfaces do, another form is refused there, and never taken for
another name.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from containment.config.spec import ContainmentSpec, resolve
from containment.errors import InputError
from containment.loaders.presets import load_library
from containment.names import Protocol
from containment.policy.builder import build_ruleset
from containment.policy.first_match import decide
from containment.policy.flow import Application, Flow, PolicyVerdict, Source, UnresolvedAddress
from containment.queries.explain import explain
from containment.queries.subject.subjects import build_subject
from containment_lab.controller.dcf.selectors import check
from containment_lab.controller.errors import RefusedError
from containment_lab.gateway.enforced_policy import read_policy
from containment_lab.vpc.firewall_list import read_dns_firewall
from policypack.firewall.model_providers import PROVIDERS
from tests.containment.name_forms import FOREIGN, written
from tests.policypack.stacks import INTERNET, Ref, compliant, rule, web_group

FEW: Final = settings(max_examples=30, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
LIBRARY: Final = load_library()
BASE: Final = {"awsAccessAccount": "aws-lab", "agentImageId": "ami-0123456789abcdef0", "agentClass": "coding", "policyMode": "enforce"}
RELEASE: Final = (9, 0, 10)

providers = st.sampled_from(PROVIDERS).flatmap(lambda name: st.tuples(st.just(name), written(name)))
in_ascii = st.sampled_from(PROVIDERS).flatmap(lambda name: st.tuples(st.just(name), written(name, ascii_only=True)))
others = st.sampled_from(FOREIGN).flatmap(lambda name: st.tuples(st.just(name), written(name)))


def spec_of(**config: Any) -> ContainmentSpec:
    return resolve({**BASE, **config}, LIBRARY, "made-up")


SPEC: Final = spec_of()
RULES: Final = build_ruleset(SPEC)
SUBJECT: Final = build_subject(SPEC, LIBRARY)


def flow(name: str) -> Flow:
    return Flow(Source(SPEC.agent_subnets[0][10]), UnresolvedAddress.PUBLIC, Protocol.TCP, 443, Application.TLS, name)


@FEW
@given(providers)
def test_configuration_takes_every_form_for_the_denied_name(forms: tuple[str, str]) -> None:
    name, form = forms
    with pytest.raises(InputError, match=re.escape(name)):
        spec_of(approvedModelGatewayDomains=[form])


@FEW
@given(others)
def test_configuration_denies_a_name_in_every_form(forms: tuple[str, str]) -> None:
    name, form = forms
    plain, other = (spec_of(unapprovedModelProviderDomains=[one]) for one in forms)
    assert build_ruleset(plain) == build_ruleset(other), (name, form)
    with pytest.raises(InputError):
        spec_of(unapprovedModelProviderDomains=[name], approvedModelGatewayDomains=[form])


@FEW
@given(providers)
def test_catalog_takes_every_form_for_one_name(forms: tuple[str, str]) -> None:
    held = next(entry for one in LIBRARY.sets.values() for entry in one.entries if "*" not in entry.pattern)
    plain, other = (held.model_validate({**held.model_dump(), "pattern": one}).make_pattern("us-east-1") for one in forms)
    assert plain == other


@FEW
@given(providers)
def test_every_form_is_decided_alike(forms: tuple[str, str]) -> None:
    plain, other = (decide(RULES, flow(one)) for one in forms)
    assert plain.verdict is PolicyVerdict.DENY
    assert (plain.verdict, plain.rule) == (other.verdict, other.rule)


@FEW
@given(providers)
def test_explain_takes_every_form(forms: tuple[str, str]) -> None:
    plain, other = (replace(explain(SUBJECT, f"{one}:443"), assumptions=()) for one in forms)  # they name the spelling that was given
    assert plain == other


@FEW
@given(providers)
def test_pack_refuses_a_permit_of_any_form_ahead_of_the_deny(forms: tuple[str, str]) -> None:
    stack = compliant()
    names = web_group(stack, "more-names", forms[1])
    stack.props["rules"]["policies"].append(rule("more", 1, "PERMIT", Ref("agent-workload"), INTERNET, web=[names]))
    assert "shadow-model-deny-comes-first" in {one.id for one in stack.findings(known=True)}


@FEW
@given(st.tuples(*(written(name) for name in PROVIDERS)))
def test_pack_takes_every_form_in_the_deny(forms: tuple[str, ...]) -> None:
    stack = compliant()
    web_group(stack, "shadow-models", *forms)
    assert stack.findings(known=True) == []


@FEW
@given(providers)
def test_lab_controller_takes_ascii_only_and_its_gateway_any_form(forms: tuple[str, str]) -> None:
    name, form = forms
    if not form.isascii():
        with pytest.raises(RefusedError):
            check({"any": [{"all": {"snifilter": form}}]}, RELEASE)
    assert patterns_at_the_gateway(form) == patterns_at_the_gateway(name)


@FEW
@given(in_ascii)
def test_lab_controller_takes_every_ascii_form(forms: tuple[str, str]) -> None:
    check({"any": [{"all": {"snifilter": forms[1]}}]}, RELEASE)
    assert patterns_at_the_gateway(forms[1]) == patterns_at_the_gateway(forms[0])


def patterns_at_the_gateway(text: str) -> Any:
    stated = {
        "uuid": "r",
        "name": "r",
        "action": "DENY",
        "priority": 1,
        "protocol": "TCP",
        "src_ads": [],
        "dst_ads": [],
        "web_filters": ["w"],
    }
    held = {
        "features": {"microseg": True},
        "app_domains": {"w": {"selector": {"any": [{"all": {"snifilter": text}}]}}},
        "tls_profiles": {},
        "rulesets": {},
        "groups": {},
        "policy_list": [stated],
        "default_action": {"action": "DENY"},
    }
    return read_policy(held, {}).rules[0].patterns


class Resolver:
    """A Route 53 Resolver that holds one allow-list, as AWS gives it back."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, call: str) -> Any:
        answers: dict[str, Any] = {
            "list_firewall_rule_group_associations": {"FirewallRuleGroupAssociations": [{"Priority": 1, "FirewallRuleGroupId": "g"}]},
            "list_firewall_rules": {"FirewallRules": [{"Priority": 1, "FirewallDomainListId": "l", "Name": "r", "Action": "ALLOW"}]},
            "list_firewall_domains": {"Domains": [self._name]},
            "get_firewall_config": {"FirewallConfig": {}},
        }
        return lambda **_: answers[call]


@FEW
@given(providers)
def test_lab_resolver_reads_every_form_of_a_listed_name_alike(forms: tuple[str, str]) -> None:
    plain, other = (read_dns_firewall(Resolver(one), "vpc") for one in forms)
    assert plain == other
