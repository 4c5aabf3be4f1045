"""The compiled form decides as the plain first match does, flow by flow, over generated policies.

`FLOWS` is how many flows are drawn (`make soak`: a million); a failure names the seed of its policy.
"""

from __future__ import annotations

import os
import random
from dataclasses import replace
from ipaddress import ip_address

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from containment.analysis.compiled_policy import CompiledPolicy
from containment.analysis.questions import Analysis
from containment.names import Protocol
from containment.policy.flow import Source, UnresolvedAddress
from tests.proofs.compare import case_of
from tests.proofs.flows import agree, any_flow, some_flow

FLOWS = int(os.environ.get("FLOWS", "10000"))
FLOWS_A_POLICY = 500


@pytest.mark.slow
@settings(max_examples=20, deadline=None, database=None, derandomize=True)
@given(st.integers(0, 10**6))
def test_a_compiled_policy_decides_as_the_plain_one(seed: int) -> None:
    rng = random.Random(seed)
    agree(case_of(seed).ruleset, [any_flow(rng) for _ in range(60)])


@pytest.mark.slow
@settings(max_examples=FLOWS // FLOWS_A_POLICY, deadline=None, database=None, derandomize=True)
@given(st.integers(0, 10**9))
def test_the_requested_number_of_flows_is_decided_alike(seed: int) -> None:
    rng = random.Random(seed)
    agree(case_of(seed).ruleset, [any_flow(rng) for _ in range(FLOWS_A_POLICY)])


def test_flows_of_which_parts_are_not_known_are_decided_too() -> None:
    rng = random.Random(5)
    ruleset = case_of(5).ruleset
    flow = some_flow(rng)
    agree(
        ruleset,
        [
            replace(flow, source=Source(None, {})),
            replace(flow, source=Source(ip_address("10.42.10.7"), None)),
            replace(flow, destination=UnresolvedAddress.PUBLIC),
            replace(flow, protocol=Protocol.ANY, port=None),
            replace(flow, path="/x"),
        ],
    )


@pytest.mark.parametrize("seed", range(10))
def test_what_the_analyser_finds_decidable_is_decided_for_some_flow(seed: int) -> None:
    """A rule called dead never decides a flow: a check of the analyser by flows rather than by cells."""
    rng = random.Random(seed)
    ruleset = case_of(seed).ruleset
    dead = {one.rule.name for one in Analysis(ruleset).find_dead_rules()}
    compiled = CompiledPolicy(ruleset)
    for _ in range(2000):
        assert compiled.decide(some_flow(rng)).rule not in dead
