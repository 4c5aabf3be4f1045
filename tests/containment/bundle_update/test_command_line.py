"""The updater's command: its answers, its exit codes, its units, and that it is root's."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from containment.bundle_update.command_line import describe_timer, main
from containment.bundle_update.places import Places
from containment.exit_code import Exit
from tests.containment.bundle.desk import POLICY, STACK
from tests.containment.bundle_update.host import Host
from tests.containment.launcher.test_unit import find_permitted_calls, values

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="the updater runs as root only: its command is NOT TESTED")
MOST_EXPOSURE = 1.5


def run(host: Host, *words: str) -> int:
    places = host.places
    options = ["--stack", STACK, "--source", str(host.source), "--trust-root", str(places.trust_root), "--bundles", str(places.bundles)]
    return main([*options, "--counters", str(places.counters), "--event-log", str(places.event_log), *words])


def publish(host: Host, revision: int) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    host.publish(revision, not_before=now - timedelta(days=1), expires_at=now + timedelta(days=1))


@needs_root
def test_a_run_its_status_and_a_refusal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    host = Host(tmp_path)
    assert run(host, "--status") == Exit.NO, "nothing is active"
    publish(host, 7)
    capsys.readouterr()
    assert run(host) == Exit.OK
    assert capsys.readouterr().out == "activated: revision 7 of dev is active\n"
    assert run(host, "--json") == Exit.OK
    status = json.loads(capsys.readouterr().out)
    assert (status["schema"], status["live"]["revision"], status["live"]["policyDigest"]) == ("containment-bundle-status/v1", "7", POLICY)
    assert status["problems"] == []
    publish(host, 6)
    assert run(host) == Exit.NO
    error = capsys.readouterr().err
    assert "REFUSED lower-revision" in error
    assert "revision 7 stays active" in error
    assert run(host, "--status") == Exit.NO
    assert "the last run refused a bundle: lower-revision" in capsys.readouterr().out
    events = [json.loads(line) for line in host.places.event_log.read_text().splitlines()]
    assert [event["status"] for event in events] == ["Success", "Success", "Failure"]


@needs_root
def test_a_lost_counter_is_restored_by_a_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    host = Host(tmp_path)
    publish(host, 7)
    run(host)
    host.places.get_counter(STACK).unlink()
    publish(host, 8)
    assert run(host) == Exit.NO
    assert "--restore-counter" in capsys.readouterr().err
    assert run(host, "--restore-counter") == Exit.OK
    assert run(host, "--restore-counter") == Exit.NO, "a usable counter is not written again"
    assert run(host) == Exit.OK
    assert host.read_revision() == 8


@needs_root
@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--stack", "a/b", "--source", "/x"], Exit.ERROR),
        (["--stack", STACK, "--source", "ftp://x/y"], Exit.ERROR),
        (["--stack", STACK], Exit.USAGE),
    ],
)
def test_wrong_usage_is_refused_with_a_fix(words: list[str], code: Exit, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*words, "--bundles", str(tmp_path / "b"), "--counters", str(tmp_path / "c"), "--event-log", str(tmp_path / "l/e")]) == code
    assert capsys.readouterr().err
    assert not (tmp_path / "b").exists()


def test_another_user_than_root_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert main(["--stack", STACK, "--source", str(tmp_path)]) == Exit.ERROR
    assert "is not root" in capsys.readouterr().err


@needs_root
def test_the_timer_repeats_the_same_options(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    host = Host(tmp_path)
    assert run(host, "--write-timer", str(tmp_path / "units")) == Exit.OK
    service = (tmp_path / "units" / "containment-bundle-update.service").read_text()
    for word in ("-I", STACK, str(host.source), str(host.places.trust_root), str(host.places.counters)):
        assert f" {word}" in service
    assert service.count("ReadWritePaths=") == 3
    assert host.places.counters.is_dir(), "systemd needs the folders"


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not installed: the exposure is NOT TESTED")
@pytest.mark.parametrize("is_local", [True, False])
def test_the_exposure_of_the_unit_is_small(tmp_path: Path, is_local: bool) -> None:
    units = describe_timer(["--stack", STACK], Places(), is_local=is_local).build_units()
    text = units["containment-bundle-update.service"]
    assert measure_exposure(tmp_path, text) <= MOST_EXPOSURE
    assert measure_exposure(tmp_path, text.replace("CapabilityBoundingSet=\n", "").replace("ProtectSystem=strict\n", "")) > MOST_EXPOSURE


_LACKING = next((f"{name} is not installed" for name in ("strace", "setpriv", "systemd-analyze") if not shutil.which(name)), "")


@needs_root
@pytest.mark.skipif(bool(_LACKING), reason=f"{_LACKING}: the updater is NOT TESTED under the conditions of its unit")
def test_the_updater_works_under_the_conditions_of_its_unit(tmp_path: Path) -> None:
    host = Host(tmp_path)
    publish(host, 7)
    unit = describe_timer(["--stack", STACK], Places(), is_local=True).build_units()["containment-bundle-update.service"]
    options = ["--stack", STACK, "--source", str(host.source), "--trust-root", str(host.places.trust_root)]
    options += ["--bundles", str(host.places.bundles), "--counters", str(host.places.counters)]
    updater = [sys.executable, "-I", "-m", "containment.bundle_update", *options, "--event-log", str(host.places.event_log)]
    without_rights = ["setpriv", "--bounding-set=-all", "--inh-caps=-all", "--no-new-privs"]
    trace = tmp_path / "trace"
    command = ["unshare", "--net", *without_rights, "strace", "-f", "-qq", "-e", "signal=none", "-o", str(trace), *updater]
    done = subprocess.run(command, capture_output=True, text=True, check=False, umask=0o077, timeout=120)
    assert done.returncode == 0, done.stderr
    assert host.read_revision() == 7
    used = {*re.findall(r"^\d+ +([a-z_0-9]+)\(", trace.read_text(), re.MULTILINE)}
    assert {"flock", "fsync", "rename", "symlink"} <= used
    assert used - find_permitted_calls(values(unit, "SystemCallFilter")) == set()
    for path in (host.places.active, host.places.versions, host.places.bundles, host.places.active / "launcher-profile.json"):
        assert path.stat().st_mode & 0o044 == 0o044, "the launcher's user reads it although the umask is 077"


def measure_exposure(folder: Path, text: str) -> float:
    path = folder / "update.service"
    path.write_text(text)
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--no-pager", str(path)], capture_output=True, text=True, check=False
    )
    found = re.search(r"Overall exposure level for update.service: ([0-9.]+)", done.stdout)
    assert found, done.stderr
    return float(found[1])
