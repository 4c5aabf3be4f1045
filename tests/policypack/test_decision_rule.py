"""The pack's rule about decisions: what registered rules permit and are is compared with what was decided, and unknown is never equal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from containment.names import WellKnownObject
from containment.record.decision import DecisionKind
from containment.record.digests import digest_ruleset
from containment.record.gate import Record
from containment.record.log import append_decision
from containment.record.subjects import build_enforce_subject, build_entry_subject
from policypack.decision_rule import build_decision_rule, list_waiver_subjects, load_decisions
from policypack.firewall.registered_policy import list_policies
from policypack.graph.known_types import INSTANCE, POLICY_LIST, SMART_GROUP, WEB_GROUP
from policypack.graph.plain_data import UNKNOWN
from policypack.graph.resources import Graph, Resource
from policypack.waivers import Waiver, Waivers
from tests.containment.record.conftest import EVIDENCE, Office
from tests.support.entries import FIELDS

SAAS = "approvedSaasApiDomains"
NAME = "api.partner.example"
ENTRY = {"name": NAME, **FIELDS}


@pytest.fixture
def record(tmp_path: Path) -> Office:
    """Return a folder that names one approver for the class coding."""
    found = Office(tmp_path)
    found.write_approvers("{coding: {roles: [security]}}")
    return found


def _decide(record: Office, kind: DecisionKind, stack: str, subject: Any) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    values = {"not_before": now - timedelta(minutes=1), "expires": now + timedelta(days=9), "kind": kind, "stack": stack}
    append_decision(record.sign(record.make(**values, subject=subject), "Approver One"), folder=record.folder, now=now)


def _find_pack_faults(
    record: Record | None, mode: str, waivers: Waivers, agent_class: str = "coding", registered: Sequence[Any] = ()
) -> list[str]:
    tags = {"Role": "openclaw-agent-harness", "AgentClass": agent_class, "AgentStack": "coding-enforce", "PolicyMode": mode}
    host = Resource("urn:pulumi:s::p::aws:ec2/instance:Instance::agent", INSTANCE, "agent", props={"tags": tags})
    rule = build_decision_rule(record, waivers)
    assert rule.check_stack is not None
    return [fault.what for fault in rule.check_stack(Graph([host, *registered]))]


def _register(web: str = "openclaw.ai", **changes: Any) -> list[Resource]:
    """Return the rules of a small program: a WebGroup that is permitted, and the last deny."""
    agents = Resource("urn:agents", SMART_GROUP, "agents", props={"selector": {"matchExpressions": [{"cidr": "10.1.0.0/24"}]}})
    group = Resource("urn:web", WEB_GROUP, "web", props={"selector": {"matchExpressions": [{"snifilter": web}]}})
    common = {"srcSmartGroups": ["agents-uuid"], "dstSmartGroups": [WellKnownObject.ANYWHERE.value], "logging": True}
    permit = {
        "name": "allow-core",
        "action": "PERMIT",
        "priority": 1,
        "protocol": "TCP",
        "portRanges": [{"lo": 443}],
        "webGroups": ["web-uuid"],
    }
    deny = {"name": "default-deny", "action": "DENY", "priority": 2, "protocol": "ANY"}
    rules = Resource("urn:rules", POLICY_LIST, "rules", props={"policies": [{**common, **permit, **changes}, {**common, **deny}]})
    return [replace(agents, outputs={"uuid": "agents-uuid"}), replace(group, outputs={"uuid": "web-uuid"}), rules]


def test_the_pack_refuses_the_same(record: Office) -> None:
    """The pack's rule refuses enforce mode and a waiver without a decision, and passes both with one."""
    waiver = Waiver("gateway-has-no-ipv6", "spoke", "replaced in spring", "network team", date(2027, 3, 31), "waivers.yaml, entry 1")
    waivers, registered = Waivers((waiver,), today=date(2026, 11, 29)), _register()

    def find(mode: str, waivers: Waivers, agent_class: str = "coding") -> list[str]:
        return _find_pack_faults(load_decisions(record.folder), mode, waivers, agent_class, registered)

    assert find("monitor", Waivers()) == []
    assert find("enforce", waivers, "research") == []
    assert ["policyMode" in one for one in find("enforce", waivers)] == [True, False]
    digest = digest_ruleset(list_policies(Graph(registered))[0])
    _decide(record, DecisionKind.ENFORCE, "coding-enforce", build_enforce_subject("coding-enforce", digest, EVIDENCE))
    (fault,) = find("enforce", waivers)
    assert "gateway-has-no-ipv6 at spoke without a valid waiver decision" in fault
    ((_, subject),) = list_waiver_subjects(waivers, "coding-enforce")
    _decide(record, DecisionKind.WAIVER, "coding-enforce", subject)
    assert find("enforce", waivers) == []
    (record.folder / "approvers.yaml").write_text("people: nobody\n")
    (fault,) = find("enforce", waivers)
    assert "cannot be judged" in fault


@pytest.mark.parametrize(
    "registered",
    [
        _register(protocol="UDP"),
        _register(watch=True),
        _register(web="docs.openclaw.ai"),
        _register(logging=False),
        _register(flowAppRequirement="TLS_REQUIRED"),
        _register(action=UNKNOWN),
        _register(protocol=UNKNOWN),
        _register(webGroups=[UNKNOWN]),
        _register(web=UNKNOWN),
        [],
    ],
    ids=[
        "protocol",
        "watch",
        "name",
        "logging",
        "application",
        "unknown-action",
        "unknown-protocol",
        "unknown-group",
        "unknown-name",
        "no-rules",
    ],
)
def test_the_pack_compares_the_policy_that_is_registered(record: Office, registered: list[Resource]) -> None:
    """A decision about one policy does not count for a program whose rules differ in one property, or are not known."""
    digest = digest_ruleset(list_policies(Graph(_register()))[0])
    _decide(record, DecisionKind.ENFORCE, "coding-enforce", build_enforce_subject("coding-enforce", digest, EVIDENCE))
    decided = load_decisions(record.folder)
    assert _find_pack_faults(decided, "enforce", Waivers(), registered=_register()) == []
    assert any("wrong-policy" in one for one in _find_pack_faults(decided, "enforce", Waivers(), registered=registered))


def test_the_pack_refuses_a_destination_that_nobody_promoted(record: Office) -> None:
    """A permitted name or network beyond the release needs a valid promotion for the stack; names of the release need none."""

    def find(registered: list[Resource]) -> list[str]:
        return _find_pack_faults(load_decisions(record.folder), "monitor", Waivers(), registered=registered)

    assert find(_register("ec2.eu-west-1.amazonaws.com")) == []
    (fault,) = find(_register(NAME))
    assert f"allow-core permits {NAME}, which is not in the release" in fault
    assert find(_register(web="*.partner.example"))
    assert find(_register(web=UNKNOWN))
    _decide(record, DecisionKind.PROMOTION, "coding-monitor", build_entry_subject("Pulumi.coding-monitor.yaml", SAAS, ENTRY))
    assert find(_register(NAME)), "a promotion for another stack permits nothing"
    _decide(record, DecisionKind.PROMOTION, "coding-enforce", build_entry_subject("Pulumi.coding-enforce.yaml", SAAS, ENTRY))
    assert find(_register(NAME)) == []
    assert find(_register("*.partner.example"))


def test_the_pack_refuses_networks_that_nobody_promoted(record: Office) -> None:
    """A permit by address is compared by its networks; an internal API is decided with all of them."""
    networks = [{"cidr": "10.9.0.0/24"}, {"cidr": "10.8.0.0/24"}]
    internal = Resource("urn:api", SMART_GROUP, "api", props={"selector": {"matchExpressions": networks}}, outputs={"uuid": "api-uuid"})
    registered = [*_register(webGroups=None, dstSmartGroups=["api-uuid"]), internal]

    def find() -> list[str]:
        return _find_pack_faults(load_decisions(record.folder), "monitor", Waivers(), registered=registered)

    assert len(find()) == 2
    entry = {"cidrs": ["10.9.0.0/24", "10.8.0.0/24"], "ports": ["443"], **FIELDS}
    subject = build_entry_subject("Pulumi.coding-enforce.yaml", "approvedInternalApis", entry, "crm")
    _decide(record, DecisionKind.PROMOTION, "coding-enforce", subject)
    assert find() == []
