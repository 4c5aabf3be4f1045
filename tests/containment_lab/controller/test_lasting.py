"""What a Controller keeps, forgets and lets tests do to it."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

ANYWHERE = "def000ad-0000-0000-0000-000000000000"
RULE = {"name": "r", "action": "DENY", "protocol": "TCP", "priority": 1, "src_ads": [ANYWHERE], "dst_ads": [ANYWHERE]}
GATEWAY = {
    "gw_name": "gw",
    "cloud_type": 1,
    "account_name": "lab",
    "vpc_id": "vpc-1",
    "vpc_region": "us-east-1",
    "gw_subnet": "10.0.0.0/24",
}


def test_a_killed_controller_has_everything_back_but_its_sessions(start: Any) -> None:
    simulator = start("--no-cloud", gateway_seconds=0.7)
    simulator.action("enable_controller_feature", feature="microseg")
    group = simulator.smart_group("kept")
    simulator.rest("PUT", "microseg/policy-list", {"policies": [{**RULE, "src_ads": [group]}]})
    task = simulator.action("create_multicloud_primary_gateway", **GATEWAY)
    before, old = simulator.inventory(), simulator.cid
    simulator.kill()
    simulator.start()
    after = simulator.inventory()
    for seen in (before, after):
        seen.pop("history")
        seen.pop("gateways")
    assert after == before
    assert "CID is invalid" in simulator.action("list_accounts", CID=old)["reason"]
    assert simulator.done(task)["return"]  # the work that was under way is finished
    assert simulator.inventory()["gateways"]["gw"]["ready"]


def test_a_rule_keeps_its_uuid_while_its_name_stays(controller: Any) -> None:
    def uuids(*rules: dict[str, Any]) -> dict[str, str]:
        assert controller.rest("PUT", "microseg/policy-list", {"policies": list(rules)})[0] == 200
        told = controller.rest("GET", "microseg/policy-list")[1]["policies"]
        assert [each["name"] for each in told] == [each["name"] for each in rules]
        return {each["name"]: each["uuid"] for each in told}

    first = uuids(RULE, {**RULE, "name": "s", "priority": 2})
    second = uuids({**RULE, "name": "new"}, {**RULE, "name": "s", "action": "PERMIT"}, {**RULE, "watch": True})
    assert second["r"] == first["r"]
    assert second["s"] == first["s"]
    assert second["new"] not in first.values()
    renamed = uuids({**RULE, "name": "renamed", "uuid": first["r"]})
    assert renamed == {"renamed": first["r"]}
    controller.rest("DELETE", "microseg/policy-list")


def test_an_update_that_is_refused_changes_nothing(controller: Any) -> None:
    points = [{"name": "", "attachment_point": {"name": name}, "priority": 1} for name in ("p", "q")]
    group = controller.rest("POST", "microseg/policy-list3", {"name": "whole", "sub_policies": points})[1]["uuid"]
    before = controller.inventory()
    broken = {"name": "whole", "sub_policies": [points[0], {"name": "", "list": "missing", "priority": 2}]}
    assert controller.rest("PUT", f"microseg/policy-list3/{group}", broken)[0] == 404
    assert controller.inventory() == before
    assert controller.rest("DELETE", f"microseg/policy-list3/{group}")[0] == 200


def test_a_lookup_leaves_nothing_behind(controller: Any) -> None:
    before = controller.inventory()
    found = controller.rest("GET", "microseg/attachment-points?name=not-yet")[1][0]["attachment_point_id"]
    assert found == controller.rest("GET", "microseg/attachment-points?name=not-yet")[1][0]["attachment_point_id"]
    assert controller.inventory() == before


def test_what_was_made_and_removed_shows_in_the_history_only(controller: Any) -> None:
    before = controller.inventory()
    assert controller.done(controller.action("create_multicloud_primary_gateway", **GATEWAY))["return"]
    assert controller.done(controller.action("delete_container", gw_name="gw", cloud_type=1))["return"]
    after = controller.inventory()
    assert len(after["history"]["tasks"]) == len(before["history"]["tasks"]) + 2
    assert {**after, "history": None} == {**before, "history": None}


def test_faults_strike_as_often_as_configured_and_after_the_deed_when_configured(controller: Any) -> None:
    controller.fault(match="list_accounts", reason="busy", times=2)
    assert [controller.action("list_accounts")["return"] for _ in range(3)] == [False, False, True]
    controller.fault(match="POST app-domains", reason="lost", status=502, after=True)
    status, _ = controller.rest("POST", "app-domains", {"name": "done", "selector": {"any": [{"all": {"cidr": "10.0.0.0/8"}}]}})
    assert status == 502
    done = controller.rest("GET", "app-domains/name/done")[1]["uuid"]
    controller.rest("DELETE", f"app-domains/{done}")
    controller.request("DELETE", "/lab/calls")
    controller.fault(match="*", skip=1, reason="hiccup")
    answers = [controller.action(name, feature="k8s")["return"] for name in ("list_accounts", *["disable_controller_feature"] * 3)]
    assert answers == [True, True, False, True]
    assert controller.request("GET", "/lab/calls")[1]["calls"] == ["list_accounts", *["disable_controller_feature"] * 3]
    controller.fault(match="list_accounts", delay=0.3)
    began = time.monotonic()
    assert controller.action("list_accounts")["return"]
    assert time.monotonic() - began >= 0.3
    controller.fault(match="list_accounts", reason="never")
    assert controller.request("DELETE", "/lab/faults")[1] == {"faults": []}
    assert controller.action("list_accounts")["return"]
    assert controller.request("POST", "/lab/faults", b'{"match": "x", "colour": 1}')[0] == 400


def test_a_session_ends_when_unused_and_on_request(start: Any) -> None:
    simulator = start("--no-cloud", session_seconds=0.3)
    simulator.log_in()
    assert simulator.action("list_accounts")["return"]
    time.sleep(0.5)
    assert "CID is invalid" in simulator.action("list_accounts")["reason"]


def test_the_password_is_demanded_where_one_is_set(start: Any) -> None:
    simulator = start("--no-cloud", password="pw")
    assert not simulator.action("login", username="admin", password="guess")["return"]
    assert simulator.action("login", username="admin", password="pw")["return"]


def test_keys_are_their_owners_alone_and_no_secret_is_kept(start: Any) -> None:
    simulator = start("--no-cloud")
    form = {"action": "enable_remote_syslog_logging", "CID": simulator.cid, "index": "1", "server": "10.0.0.5", "port": "6514"}
    form |= {"protocol": "TCP", "private_key": "-----BEGIN PRIVATE KEY-----hush"}
    boundary = "x"
    parts = "".join(f'--{boundary}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n' for key, value in form.items())
    kind = {"content-type": f"multipart/form-data; boundary={boundary}"}
    assert simulator.request("POST", "/v2/api", f"{parts}--{boundary}--\r\n".encode(), **kind)[1]["return"]
    root: Path = simulator.home.root
    for key in root.glob("*-key.pem"):
        assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert len(list(root.glob("*-key.pem"))) == 2
    for file in (root / "controller-state.json", simulator.home.get_log_file("controller")):
        assert "hush" not in file.read_text()
        assert simulator.cid not in file.read_text()


@pytest.mark.parametrize("wrong", ['{"version": "nine"}', '{"colour": "red"}', '{"poll_seconds": 0}', "[]", "{"])
def test_a_wrong_setting_is_one_message(wrong: str, tmp_path: Path) -> None:
    (tmp_path / "controller.json").write_text(wrong)
    command = [sys.executable, "-m", "containment_lab.controller", "--home", str(tmp_path)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 2
    assert "controller.json" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_controller_ends_when_its_home_is_gone(start: Any, tmp_path: Path) -> None:
    simulator = start("--no-cloud")
    simulator.home.root.rename(tmp_path / "moved")
    assert simulator.process.wait(10) == 0


def test_the_state_is_written_whole(controller: Any) -> None:
    group = controller.smart_group("written")
    kept = json.loads((controller.home.root / "controller-state.json").read_text())
    assert kept["app_domains"][group]["name"] == "written"
    controller.rest("DELETE", f"app-domains/{group}")
