"""What `check` passes `prove` proves, and a wider permit never passes where a narrower one is refused.

`STATES` is how many states are drawn; every state has a seed of its own, and a failure names it.
"""

from __future__ import annotations

import os
import random
import re
from collections import Counter
from collections.abc import Iterator
from copy import deepcopy
from typing import Final

import pytest

from containment.analysis.proofs import ProofStatus, prove
from containment.loaders.presets import load_library
from containment.queries.subject import state_policy
from policypack.graph.resources import Graph
from policypack.standalone_checks import check_stack
from tests.policypack.firewall.proof.states import add_permit, drawn, widen
from tests.policypack.firewall_holes import ASKED, vended
from tests.policypack.stacks import Stack

STATES: Final = int(os.environ.get("STATES", "60"))
NOT_ASKED: Final = frozenset({"only-approved-names", "no-dead-rule"})
"""Statements that the pack makes none of: which names the catalog approves, and that no rule is superfluous."""
_IPV6: Final = "if the destination is an IPv6 address in Public Internet"
_BY_NAME: Final = re.compile(r"TCP to [0-9a-f:.]+:443, TLS naming .*, if the destination is member of SmartGroup")
"""An approved name over TLS, towards a group of domain names or a feed: judged by name, whatever the address."""
_INSIDE: Final = re.compile(r" to 10\.42\.\d+\.\d+:")
"""An address of the place's own VPC."""


def is_left_out(statement: str, flow: str) -> bool:
    """Tell whether a flow is one that the pack makes no statement about.

    `gateway-has-no-ipv6` refuses the gateway that an IPv6 flow would need, and traffic inside the VPC never meets the policy.
    """
    return _IPV6 in flow or bool(_BY_NAME.search(flow)) or (statement == "named-denies-first" and bool(_INSIDE.search(flow)))


def refusals(stack: Stack) -> set[str]:
    return {one.id for one in check_stack(stack.resources(known=True), ASKED)}


def unproved(stack: Stack) -> Iterator[str]:
    """Yield the statements about a state that are not proved, with a flow that shows it."""
    subject = state_policy.build_graph_subject(Graph(stack.resources(known=True)), "drawn")
    assert subject is not None
    for proof in prove(subject):
        shown = [flow for _, flow in proof.shown if not is_left_out(proof.id, flow)]
        if proof.id not in NOT_ASKED and proof.verdict in (ProofStatus.BROKEN, ProofStatus.UNCERTAIN) and shown:
            yield f"{proof.id} {proof.verdict.value}: {shown[:2]}"


@pytest.fixture(autouse=True)
def library_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    library = load_library()
    monkeypatch.setattr(state_policy, "load_library", lambda: library)


@pytest.mark.slow
def test_what_is_passed_is_proved(capsys: pytest.CaptureFixture[str]) -> None:
    told = Counter[str]()
    for seed in range(STATES):
        stack = drawn(random.Random(seed))
        refused = refusals(stack)
        told["refused" if refused else "passed"] += 1
        if refused:
            told.update(refused)
        else:
            assert list(unproved(stack)) == [], f"seed {seed}"
    with capsys.disabled():
        print(f"\n{STATES} states, every passed one proved: {dict(told.most_common(6))}")
    assert told["passed"] > STATES // 20
    assert told["refused"] > STATES // 20


@pytest.mark.slow
def test_a_wider_permit_never_passes_where_a_narrower_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    told = Counter[str]()
    for seed in range(STATES):
        rng = random.Random(seed)
        stack = vended(rng.choice(["enforce", "monitor"]), is_list=rng.random() < 0.5)
        add_permit(rng, stack, "drawn")
        if not refusals(stack):
            told["passed"] += 1
            continue
        for _ in range(3):
            wider = deepcopy(stack)
            field = widen(rng, wider, "drawn")
            told[field] += bool(field)
            assert refusals(wider), f"seed {seed}, wider {field}"
    with capsys.disabled():
        print(f"\n{STATES} permits, each refused one widened three times: {dict(told)}")
    assert set(told) >= {"passed", "destination", "members", "source", "deny", "protocol", "ports", "application", "names"}
