"""Denies of `alwaysEnforce` block in monitor as well; every other deny stays watched, and a changed rule is reported."""

from __future__ import annotations

from dataclasses import replace

import pytest

from containment.analysis.proofs import ProofStatus, prove
from containment.config.spec import ContainmentSpec
from containment.names import HTTPS_PORT, Protocol, WebGroupId
from containment.policy.builder import build_ruleset
from containment.policy.first_match import decide
from containment.policy.flow import Application, Decision, Effect, Flow, UnresolvedAddress
from containment.policy.invariants import find_agent_sources, find_broken_invariants
from containment.policy.rules import RuleSet
from containment.queries.subject.subjects import build_subject
from tests.containment.conftest import SpecOf

SETS = {
    "unapproved-models": WebGroupId.UNAPPROVED_MODELS,
    "doh-resolvers": WebGroupId.DOH_RESOLVERS,
    "paste-and-webhooks": WebGroupId.PASTE_AND_WEBHOOKS,
}


def decide_name(spec: ContainmentSpec, ruleset: RuleSet, name: str) -> Decision:
    source = find_agent_sources(spec)[0]
    return decide(ruleset, Flow(source, UnresolvedAddress.PUBLIC, Protocol.TCP, HTTPS_PORT, Application.TLS, name))


@pytest.mark.parametrize("applied", [(), *((one,) for one in SETS), tuple(SETS)])
def test_in_monitor_the_named_sets_block_and_the_others_are_watched(spec_of: SpecOf, applied: tuple[str, ...]) -> None:
    spec = spec_of(policyMode="monitor", alwaysEnforce=list(applied))
    ruleset = build_ruleset(spec)
    assert find_broken_invariants(spec, ruleset) == []
    for name, group in SETS.items():
        for pattern in spec.destinations[group].patterns:
            decision = decide_name(spec, ruleset, str(pattern).replace("*", "x"))
            wanted = Effect.BLOCKED if name in applied else Effect.DELIVERED
            assert (decision.effect, decision.monitor_effect, decision.enforce_effect) == (wanted, wanted, Effect.BLOCKED)
    unknown = decide_name(spec, ruleset, "never-seen.example")
    assert (unknown.effect, unknown.monitor_effect) == (Effect.DELIVERED, Effect.DELIVERED)


def test_enforce_is_the_same_policy_with_and_without_it(spec_of: SpecOf) -> None:
    with_it, without = (build_ruleset(spec_of(policyMode="enforce", alwaysEnforce=sets)) for sets in ([*SETS], []))
    assert [replace(rule, always_applied=False) for rule in with_it.rules] == list(without.rules)
    spec = spec_of(policyMode="enforce", alwaysEnforce=[*SETS])
    assert decide_name(spec, with_it, "api.openai.com").monitor_effect is Effect.BLOCKED


def test_a_named_deny_that_is_only_watched_breaks_an_invariant(spec_of: SpecOf) -> None:
    spec = spec_of(policyMode="monitor", alwaysEnforce=["unapproved-models"])
    good = build_ruleset(spec)
    watched = replace(good, rules=tuple(replace(rule, watch=not rule.action.permits) for rule in good.rules))
    assert any("is only watched, and alwaysEnforce names it" in problem.what for problem in find_broken_invariants(spec, watched))
    other = replace(good, rules=tuple(replace(rule, watch=False) for rule in good.rules))
    assert any("is applied in monitor" in problem.what for problem in find_broken_invariants(spec, other))


@pytest.mark.parametrize(
    ("applied", "verdict"),
    [([], ProofStatus.SKIPPED), (["paste-and-webhooks"], ProofStatus.SKIPPED), (["unapproved-models"], ProofStatus.PROVED)],
)
def test_shadow_models_are_proved_out_of_reach_today_where_their_deny_is_applied(
    spec_of: SpecOf, applied: list[str], verdict: ProofStatus
) -> None:
    spec = spec_of(policyMode="monitor", alwaysEnforce=applied)
    (proof,) = (one for one in prove(build_subject(spec)) if one.id == "enforced-today")
    assert proof.verdict is verdict, proof
