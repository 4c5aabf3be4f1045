"""A month of labelled traffic: after promotion and enforce, every legitimate flow is permitted and every other one is denied."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from containment.loaders.presets import load_library
from containment.loaders.stack_file import read_stack
from containment.names import Protocol
from containment.policy.builder import build_ruleset
from containment.policy.first_match import decide
from containment.policy.flow import Application, Effect, Flow, PolicyVerdict, UnresolvedAddress
from containment.policy.invariants import find_agent_sources
from containment.promotion.promote import prepare_promotion
from containment.promotion.request import Request
from tests.containment.promotion.conftest import make_project

STACK = "month"
TODAY = date(2026, 11, 29)
DENIED = ("api.openai.com", "api.anthropic.com", "ntfy.sh", "pastebin.com", "transfer.sh", "webhook.site")
HOST = st.from_regex(r"(api|crm|kb|up|x[0-9]{1,2})\.(acme|tickets|evil|cdn)[0-9]?\.(example|com|co\.uk)", fullmatch=True)
MONTH = st.dictionaries(HOST, st.booleans(), min_size=2, max_size=12).filter(lambda labels: any(labels.values()))


CONFIG = """config:
  agent-containment:agentClass: coding
  agent-containment:policyMode: monitor
  agent-containment:vpcCidr: 10.200.0.0/16
"""


def decide_all(project: Path, names: Iterable[str]) -> dict[str, set[tuple[PolicyVerdict, Effect]]]:
    """Return the outcomes of TLS flows to names, from every kind of agent source, with denies applied."""
    path = project / f"Pulumi.{STACK}.yaml"
    written = path.read_text()
    path.write_text(written.replace("policyMode: monitor", "policyMode: enforce"))
    spec = read_stack(STACK, None, project, load_library(project / "presets"))
    path.write_text(written)
    ruleset = build_ruleset(spec)
    return {
        name: {
            (found.verdict, found.effect)
            for source in find_agent_sources(spec)
            for found in [decide(ruleset, Flow(source, UnresolvedAddress.PUBLIC, Protocol.TCP, 443, Application.TLS, name))]
        }
        for name in names
    }


@pytest.mark.long
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
@given(labels=MONTH)
def test_a_promoted_month_is_permitted_and_nothing_else_is(labels: dict[str, bool]) -> None:
    legitimate = tuple(name for name, is_legitimate in labels.items() if is_legitimate)
    others = [name for name in (*labels, *DENIED, *(f"evil.{name}" for name in legitimate)) if name not in legitimate]
    permitted, denied = {(PolicyVerdict.PERMIT, Effect.DELIVERED)}, {(PolicyVerdict.DENY, Effect.BLOCKED)}
    with tempfile.TemporaryDirectory() as made:
        project = make_project(Path(made))
        (project / f"Pulumi.{STACK}.yaml").write_text(CONFIG)
        assert decide_all(project, (*legitimate, *others)) == dict.fromkeys((*legitimate, *others), denied)
        request = Request(
            destinations=legitimate, stack=STACK, set_name=None, owner="team", reason="Labelled.", until="2999-12-31", ticket="T-1"
        )
        change = prepare_promotion(request, project, None, TODAY).change
        change.path.write_text(change.after)
        assert decide_all(project, legitimate) == dict.fromkeys(legitimate, permitted)
        assert decide_all(project, others) == dict.fromkeys(others, denied)
