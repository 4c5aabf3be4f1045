"""The launcher takes a profile from the active bundle only if root alone can have written it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from containment.bundle.index import LAUNCHER_FILE
from containment.bundle_update.store import INSTALLED, INSTALLED_SCHEMA
from containment.confinement.requirements import find_confinement_refusal
from containment.errors import InputError
from containment.launcher import active_bundle
from containment.launcher.active_bundle import read_active_settings
from containment.launcher.command_line import main
from tests.containment.bundle_update.host import Host

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="bundles of root's are NOT TESTED by another user")


@pytest.fixture
def host(tmp_path: Path) -> Host:
    found = Host(tmp_path)
    found.publish(7)
    found.run()
    return found


def test_the_profile_is_the_active_bundles(host: Host) -> None:
    found = read_active_settings(host.places.bundles)
    assert (found.stack, found.agent_class, found.tasks) == ("dev", "coding", ("review",))
    assert found.text.encode() == (host.places.active / LAUNCHER_FILE).read_bytes()
    assert (active_bundle.INSTALLED, active_bundle.SCHEMA) == (INSTALLED, INSTALLED_SCHEMA)


@pytest.mark.skipif(bool(find_confinement_refusal()), reason=f"{find_confinement_refusal()}: a start is NOT TESTED")
def test_a_command_is_started_with_the_active_profile_and_not_with_a_changed_one(
    host: Host, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    words = ["run", "--quiet", "--bundle", str(host.places.bundles), "--event-log", str(tmp_path / "events.jsonl"), "--"]
    assert main([*words, "bash", "-c", "echo started"]) == 0
    assert "started" in capfd.readouterr().out
    (host.places.active / LAUNCHER_FILE).write_text("{}")
    assert main([*words, "bash", "-c", "echo started"]) == 1
    assert "other bytes" in capfd.readouterr().err


def replace_by_link(path: Path) -> None:
    path.rename(path.with_name("moved"))
    path.symlink_to("moved")


CHANGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "no active bundle": (lambda place: (place / "active").unlink(), "is no link"),
    "a link out of the versions": (
        lambda place: ((place / "active").unlink(), (place / "active").symlink_to("/etc")),
        "no installed version",
    ),
    "a link upwards": (lambda place: ((place / "active").unlink(), (place / "active").symlink_to("versions/..")), "no installed version"),
    "a changed profile": (lambda place: (place / "active" / LAUNCHER_FILE).write_text("{}"), "other bytes"),
    "a profile of another user": (lambda place: os.chown(place / "active" / LAUNCHER_FILE, 1000, 1000), "owned by user 1000"),
    "a profile that all may write": (lambda place: (place / "active" / LAUNCHER_FILE).chmod(0o666), "may be written"),
    "a linked profile": (lambda place: replace_by_link(place / "active" / LAUNCHER_FILE), "cannot be read"),
    "a folder that all may write": (lambda place: (place / "versions").chmod(0o777), "may be written"),
    "a folder of another user": (lambda place: os.chown(place, 1000, 1000), "owned by user 1000"),
    "no record of the installation": (lambda place: (place / "active" / INSTALLED).unlink(), "cannot be read"),
    "another record": (lambda place: (place / "active" / INSTALLED).write_text("{}"), "no object"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_bundle_that_cannot_be_relied_on_is_refused(host: Host, name: str) -> None:
    change, reason = CHANGES[name]
    change(host.places.bundles)
    with pytest.raises(InputError) as caught:
        read_active_settings(host.places.bundles)
    assert reason in str(caught.value)
