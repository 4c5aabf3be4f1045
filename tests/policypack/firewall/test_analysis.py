"""What rules are told by the analyser; and what its proofs find open in a changed policy, the pack refuses.

One of our own stacks, with a few rules changed at random; the analyser reads the policy back from the resources and proves, or does
not, that shadow models, other resolvers and neighbours are out of reach. Where it does not, something must stand against the stack.
`ANALYSED` says how many policies are tried.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator
from copy import deepcopy
from ipaddress import ip_address
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from containment.analysis.proofs import ProofStatus, prove
from containment.analysis.subject import Subject
from containment.queries.subject.state_policy import build_graph_subject
from containment.ternary import Ternary
from policypack.firewall.analysis import FlowResult, FlowSet
from policypack.firewall.effective_rules import EffectiveRules, get_effective_rules
from policypack.firewall.model_providers import PROVIDERS
from policypack.firewall.rules import RegisteredRule
from policypack.graph.plain_data import UNKNOWN
from policypack.graph.resources import Graph
from policypack.standalone_checks import check_stack
from tests.policypack.mutants.mutant import AGENTS, ANYWHERE, INTERNET, NEIGHBOURS, RULES, Change, Set
from tests.policypack.mutants.program import Program, Ref, Stack, read
from tests.policypack.product import registrations
from tests.support.deploy import stack_config

STACK: Final = "coding-enforce"
EXAMPLES: Final = int(os.environ.get("ANALYSED", "20"))
ASKED: Final = frozenset(
    {
        "shadow-models-out-of-reach",
        "enforced-today",
        "named-denies-first",
        "external-dns-out-of-reach",
        "only-named-tls-to-the-internet",
        "neighbours-out-of-reach",
        "default-deny",
    }
)
"""Statements that hold in every compliant stack. That every name is in the catalog is none that the pack can know."""

groups = st.sampled_from(
    [
        [ANYWHERE],
        [INTERNET],
        [Ref(NEIGHBOURS, "uuid")],
        [Ref(AGENTS, "uuid")],
        [Ref("policy-sg-vpc-dns-resolver", "uuid")],
        [Ref("policy-sg-vpc-endpoints", "uuid")],
        [Ref("drawn", "uuid")],
        [Ref("drawn", "uuid"), INTERNET],
    ]
)
names = st.sampled_from(
    [None, [Ref("policy-wg-openclaw-core", "uuid")], [Ref("policy-wg-unapproved-model-providers", "uuid")], [Ref("drawn-names", "uuid")]]
)
ports = st.sampled_from([None, (443, 443), (53, 53), (80, 443), (1, 65535), (0, 65535), (853, 853), (22, 22)])
changes = st.fixed_dictionaries(
    {},
    optional={
        "action": st.sampled_from(["PERMIT", "DENY"]),
        "priority": st.integers(1, 260),
        "protocol": st.sampled_from(["TCP", "UDP", "ANY", "ICMP"]),
        "srcSmartGroups": groups,
        "dstSmartGroups": groups,
        "webGroups": names,
        "portRanges": ports,
        "watch": st.booleans(),
        "enforcement": st.sampled_from(["DISABLE", "MONITOR", "ENFORCE"]),
        "flowAppRequirement": st.sampled_from(["TLS_REQUIRED", "NOT_TLS_REQUIRED", "APP_UNSPECIFIED"]),
    },
)
edits = st.lists(st.tuples(st.integers(0, 13), st.booleans(), changes), min_size=1, max_size=3)
networks = st.sampled_from(["10.9.8.0/24", "10.0.0.0/8", "172.16.5.0/28", "198.51.100.0/24", "0.0.0.0/1", "10.43.0.0/16", "9.9.9.9/32"])
drawn_names = st.sampled_from(
    [*PROVIDERS, "*.openai.com", "*.com", "*", "openclaw.ai", "api.github.com", "*.example.com", "hooks.slack.com"]
)


@pytest.fixture(scope="module")
def stack() -> Stack:
    return read(registrations([(STACK, stack_config(STACK))])[0])


def changed(stack: Stack, edited: list[tuple[int, bool, dict[str, Any]]], network: str, name: str) -> Graph:
    """Return the stack with rules changed, or left out; a number behind the last adds a rule."""
    program = Program(stack)
    program.add("aviatrix:index/smartGroup:SmartGroup", "drawn", {"name": "drawn", "selector": {"matchExpressions": [{"cidr": network}]}})
    program.add("aviatrix:index/webGroup:WebGroup", "drawn-names", {"name": "d", "selector": {"matchExpressions": [{"snifilter": name}]}})
    rules: list[Any] = deepcopy(program.at(RULES).get("rules"))
    for number, is_gone, change in edited:
        if number >= len(rules):
            rules.append(
                {"name": f"drawn-{number}", "srcSmartGroups": [Ref(AGENTS, "uuid")], "dstSmartGroups": [INTERNET], "logging": True}
            )
            rules[-1] |= {"action": "PERMIT", "priority": 70, "protocol": "TCP", "portRanges": [{"lo": 443, "hi": 443}]}
            number = len(rules) - 1
        if is_gone and len(rules) > 1 and not change:
            del rules[number]
            continue
        blocks = {key: [{"lo": value[0], "hi": value[1]}] if key == "portRanges" and value else value for key, value in change.items()}
        rules[number] = {key: value for key, value in {**rules[number], **blocks}.items() if value is not None}
    program.put(RULES, "rules", rules)
    return Graph(program.resources("known"))


def open_in(subject: Subject) -> Iterator[str]:
    """Yield the statements that do not hold for certain.

    TLS to a permitted name is no resolver, whatever its port; and what stays inside the place's own network is not outside.
    """
    for one in prove(subject):
        harmless = one.id == "external-dns-out-of-reach" and all("TLS naming" in flow or is_inside(flow, subject) for _, flow in one.shown)
        if one.id in ASKED and one.verdict is ProofStatus.BROKEN and not harmless:
            yield one.id


def is_inside(flow: str, subject: Subject) -> bool:
    """Tell whether a flow, as a proof shows it, goes to an address of the place."""
    found = re.search(r" to (\d+\.\d+\.\d+\.\d+):", flow)
    return found is not None and any(ip_address(found[1]) in network for network in subject.own)


def chain(stack: Stack, form: str = "known", *changes: Change) -> EffectiveRules:
    program = Program(stack)
    for change in changes:
        change.apply(program)
    return get_effective_rules(Graph(program.resources(form)))


def rule_of(read: EffectiveRules, name: str) -> RegisteredRule:
    return next(rule for rule in read.rules if rule.name.endswith(name))


@pytest.mark.slow
def test_what_no_flow_shows_is_proved(stack: Stack) -> None:
    read = chain(stack)
    shadow, core, last = (rule_of(read, name) for name in ("shadow-model-deny", "allow-core", "default-deny"))
    for provider in PROVIDERS:
        assert read.find_flow((FlowSet.HTTPS_OUT, provider), (shadow,)) == FlowResult(Ternary.NO)
    assert read.find_flow((core, shadow)) == FlowResult(Ternary.NO)
    assert read.find_flow((FlowSet.TO_IPV4,), (last,)) == FlowResult(Ternary.NO)
    assert read.find_flow((core, FlowSet.TO_IPV4), (last,)) == FlowResult(Ternary.NO)


def test_what_a_flow_shows_is_shown(stack: Stack) -> None:
    read = chain(stack, "known", Set("policy-wg-openclaw-core", "selector/matchExpressions/+", {"snifilter": "API.OpenAI.com."}))
    shadow, core = rule_of(read, "shadow-model-deny"), rule_of(read, "allow-core")
    answer = read.find_flow((core, shadow, FlowSet.HTTPS_OUT))
    assert answer.match is Ternary.YES
    assert answer.witness is not None
    assert answer.witness.flow.server_name == "api.openai.com"
    assert read.find_flow((FlowSet.DNS_OVER_TCP,), (shadow,)).match is Ternary.YES


@pytest.mark.parametrize("expression", [{"snifilter": UNKNOWN}, {"urlfilter": "api.openai.com/v1"}], ids=["unknown", "by path"])
def test_a_group_that_cannot_be_read_in_full_answers_maybe(stack: Stack, expression: dict[str, Any]) -> None:
    named = Set("policy-wg-openclaw-core", "selector/matchExpressions/+", expression)
    read = chain(stack, "known", named, Set(RULES, "rules/allow-core/decryptPolicy", "DECRYPT_ALLOWED"))
    assert read.find_flow((rule_of(read, "allow-core"), "api.openai.com")).match is Ternary.MAYBE


def test_while_it_is_not_known_which_rule_uses_which_group_the_analyser_is_not_used(stack: Stack) -> None:
    read = chain(stack, "preview")
    assert read.analyzed_policy is None
    assert read.find_flow((FlowSet.TO_IPV4,)) == FlowResult(Ternary.MAYBE)


@pytest.mark.slow
def test_what_the_analyser_finds_open_is_refused(stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    told = Counter[str]()

    @settings(max_examples=EXAMPLES, database=None, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
    @given(edits, networks, drawn_names)
    def compared(edited: list[tuple[int, bool, dict[str, Any]]], network: str, name: str) -> None:
        graph = changed(stack, edited, network, name)
        subject = build_graph_subject(graph, STACK)
        broken = set(open_in(subject)) if subject is not None else {"no policy"}
        refused = bool(check_stack(graph.resources))
        told["open" if broken else "closed"] += 1
        told["refused"] += refused
        assert refused or not broken, broken

    compared()
    with capsys.disabled():
        print(f"\n{dict(told)}")
    assert min(told.values()) > EXAMPLES // 10
