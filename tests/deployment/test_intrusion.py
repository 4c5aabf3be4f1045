"""A stack that wants intrusions dropped is refused while the Controller's default profile only reports them, and judged live."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from typer.testing import CliRunner

from containment.cli.app import build
from containment.controller_api.client import ControllerClient
from containment.machine.live_systems import find_lab_systems
from containment_lab.home import LabHome
from tests.deployment.lab import REPOSITORY, Lab

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

STACK = "coding-monitor"
CONFIG = ("tlsDecryptionUrls=" + json.dumps(["api.partner.example/v1/*"]), "controllerVersion=9.0.10", "intrusionDetection=true")
WITH = tuple(word for one in CONFIG for word in ("--config", one))
BUILT_IN = "defa11a1-0000-4000-8000-000000000000"


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    own = Lab(tmp_path_factory.mktemp("intrusion"))
    try:
        yield own
    finally:
        own.down()


def set_platform(lab: Lab, *, drops: bool) -> None:
    more = ["--config", "intrusionDetection=true"] if drops else []
    lab.must("up", "platform", "--skip-preview", *more, folder=REPOSITORY / "platform")


def find_status(lab: Lab) -> tuple[str, str]:
    words = ["preflight", "--stack", STACK, *WITH, "--json"]
    done = CliRunner(env=lab.environment).invoke(build(words), words)
    (found,) = (one for one in json.loads(done.stdout)["findings"] if one["check"] == "intrusion-profile")
    return found["status"], found["detail"]


@pytest.mark.long
def test_the_profile_of_the_platform_is_needed_applied_judged_and_taken_back(lab: Lab) -> None:
    set_platform(lab, drops=False)
    refused = lab.run("preview", STACK, *WITH)
    assert refused.code == 1
    assert "only reports critical intrusions" in json.dumps(refused.report["diagnostics"])
    assert find_status(lab)[0] == "FAIL"

    set_platform(lab, drops=True)
    held = lab.controller()
    (profile,) = held["ips_profiles"].values()
    assert held["default_ips_profile"] == profile["uuid"]
    assert profile["intrusion_actions"]["critical"] == "alert_and_drop"
    assert lab.run("preview", STACK, *WITH).code == 0
    assert find_status(lab)[0] == "PASS"

    client = ControllerClient(find_lab_systems(LabHome(lab.home)).controller)  # type: ignore[arg-type]
    weaker = {**profile, "intrusion_actions": {**profile["intrusion_actions"], "critical": "alert"}}
    client.call_rest("PUT", f"dcf/ips-profiles/{profile['uuid']}", weaker)
    assert find_status(lab) == ("FAIL", "the Controller's default profile only reports critical intrusions")
    assert lab.run("preview", STACK, *WITH).code == 1

    set_platform(lab, drops=False)
    held = lab.controller()
    assert (held["default_ips_profile"], held["ips_profiles"]) == (BUILT_IN, {})
