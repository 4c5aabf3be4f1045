"""The live revision counts only as a recent, valid status of this stack and policy; without one the part is NOT TESTED."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from containment.evidence.model import Origin, Part, PartName
from containment.policy.builder import build_ruleset
from containment.preflight.finding import Status
from containment.record.digests import digest_ruleset
from tests.containment.evidence.desk import NOW, STACK, Desk
from tests.containment.evidence.test_parts import get_status, judge

DIGEST = "sha256:" + "5" * 64


def build_status(desk: Desk, **changes: Any) -> dict[str, Any]:
    """Return the status of a host as its updater prints it."""
    from containment.loaders.stack_file import read_stack

    live = {
        "revision": "7",
        "digest": DIGEST,
        "id": f"agent-containment/{STACK}",
        "notBefore": "2026-11-01T00:00:00Z",
        "expiresAt": "2027-01-01T00:00:00Z",
        "policyDigest": digest_ruleset(build_ruleset(read_stack(STACK, {}, desk.folder))),
    }
    status = {
        "schema": "containment-bundle-status/v1",
        "stack": STACK,
        "host": "host-1",
        "time": (NOW - timedelta(hours=1)).isoformat(),
        "live": {**live, **changes.pop("live", {})} if changes.get("live", {}) is not None else None,
        "counter": {"revision": "7", "digest": DIGEST},
        "lastRun": {"time": "2026-11-28T12:00:00Z", "result": "unchanged", "code": None, "what": None},
        "problems": [],
    }
    changes.pop("live", None)
    return status | changes


def judge_status(desk: Desk, **changes: Any) -> Part:
    return judge(desk, PartName.HOST_BUNDLE, bundle_statuses=(desk.write("status.json", build_status(desk, **changes)),))


def test_a_good_status_passes_and_its_origin_is_unknown(desk: Desk) -> None:
    part = judge_status(desk)
    assert (part.status, part.origin) == (Status.PASS, Origin.UNKNOWN), part.claims
    assert any("revision 7" in claim.statement for claim in part.claims)


@pytest.mark.parametrize(
    ("change", "claim", "status"),
    [
        ({"stack": "coding-monitor"}, "stack-1", "FAIL"),
        ({"time": (NOW - timedelta(hours=25)).isoformat()}, "recent-1", "FAIL"),
        ({"time": (NOW + timedelta(hours=1)).isoformat()}, "recent-1", "FAIL"),
        ({"live": None}, "live-1", "FAIL"),
        ({"live": {"policyDigest": DIGEST}}, "policy-1", "FAIL"),
        ({"live": {"expiresAt": "2026-11-02T00:00:00Z"}}, "valid-1", "FAIL"),
        ({"live": {"notBefore": "2026-12-02T00:00:00Z"}}, "valid-1", "FAIL"),
        ({"counter": {"revision": "9", "digest": DIGEST}}, "highest-1", "FAIL"),
        ({"counter": None}, "highest-1", "FAIL"),
        ({"lastRun": {"time": "", "result": "refused", "code": "expired", "what": "bundle.yaml"}}, "last-run-1", "FAIL"),
        ({"lastRun": None}, "last-run-1", "NOT TESTED"),
    ],
)
def test_a_status_with_a_fault_is_no_pass(desk: Desk, change: dict[str, Any], claim: str, status: str) -> None:
    assert get_status(judge_status(desk, **change), claim) == status


def test_each_host_is_judged(desk: Desk) -> None:
    paths = (desk.write("a.json", build_status(desk)), desk.write("b.json", build_status(desk, host="host-2", live=None)))
    part = judge(desk, PartName.HOST_BUNDLE, bundle_statuses=paths)
    assert (get_status(part, "live-1"), get_status(part, "live-2"), part.status) == ("PASS", "FAIL", Status.FAIL)


def test_without_a_status_the_part_is_not_tested(desk: Desk) -> None:
    part = judge(desk, PartName.HOST_BUNDLE)
    assert (part.status, "--bundle-status" in part.reason) == (Status.NOT_TESTED, True)
    assert judge(desk, PartName.HOST_BUNDLE, bundle_statuses=(desk.write("x.json", {"schema": "x"}),)).status == Status.NOT_TESTED
