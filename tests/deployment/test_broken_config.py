"""A broken configuration is told whole, without a traceback, and changes nothing anywhere."""

from __future__ import annotations

import pytest

from containment.lab.cloud.inventory import differences
from tests.deployment.inventory import aws_inventory, controller_inventory
from tests.deployment.lab import Lab

pytestmark = pytest.mark.slow

BROKEN = {
    "vpcCidr": "8.8.8.0/24",
    "policyMode": "enforced",
    "agentInstanceType": "huge",
    "approvedSaasApiDomains": '["api.OpenAI.com."]',
    "moed": "monitor",
}


def test_every_mistake_is_told_and_nothing_is_touched(lab: Lab) -> None:
    lab.platform()
    lab.must("up", "locked-down-monitor")
    state = lab.home / "stacks" / "agent-containment" / "locked-down-monitor.json"
    before = (state.read_bytes(), controller_inventory(lab))
    before_aws = aws_inventory(lab)
    for verb in ("preview", "up"):
        run = lab.run(verb, "locked-down-monitor", *(word for key, value in BROKEN.items() for word in ("--config", f"{key}={value}")))
        assert run.code == 1
        assert run.report["result"] == "failed"
        told = " ".join(entry["message"] for entry in run.report["diagnostics"])
        for key in BROKEN:
            assert f":{key}:" in told, f"{key} is not told"
        assert told.count("why:") >= len(BROKEN)
        assert told.count("fix:") >= len(BROKEN)
        assert "Traceback" not in told + run.talk
        assert [step for step in run.report["steps"] if "pulumi:pulumi:Stack" not in step["urn"]] == []
        assert (state.read_bytes(), controller_inventory(lab)) == before
        assert differences(before_aws, aws_inventory(lab)) == []
