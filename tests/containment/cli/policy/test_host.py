"""`containment host` shows what lands on a stack's host, and writes it where it is asked to."""

from __future__ import annotations

import json
from pathlib import Path

from containment.host.contents import build_host_files
from containment.loaders.stack_file import read_stack
from tests.containment.cli.conftest import Run


def test_it_lists_every_file_and_that_nothing_runs(run: Run, stacks: Path) -> None:
    said = run("host", "--stack", "coding-monitor")
    assert said.exit_code == 0
    files = build_host_files(read_stack("coding-monitor"))
    assert all(file.path in said.stdout for file in files)
    assert "first boot runs: nothing" in said.stdout


def test_json_has_the_published_shape_and_lists_what_first_boot_does(run: Run, stacks: Path) -> None:
    more = ("-c", "autoRunInstaller=true", "-c", "autoAcceptThirdPartySoftware=true", "-c", "installDocker=true")
    found = json.loads(run("host", "--json", *more).stdout)
    assert [*found] == ["schema", "files", "firstBoot", "userDataBytes"]
    assert found["schema"] == "containment-host/v1"
    assert found["firstBoot"]["packages"] == ["docker.io"]
    assert "install-nemoclaw.sh --run" in found["firstBoot"]["commands"][0]


def test_it_writes_the_files_with_their_modes_twice_over(run: Run, stacks: Path, tmp_path: Path) -> None:
    for _ in range(2):
        assert run("host", "--write", str(tmp_path / "out")).exit_code == 0
    for file in build_host_files(read_stack("coding-monitor")):
        path = tmp_path / "out" / file.path.lstrip("/")
        assert path.read_text() == file.content
        assert path.stat().st_mode & 0o777 == int(file.permissions, 8)


def test_a_folder_that_cannot_be_written_is_reported_without_a_traceback(run: Run, stacks: Path, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    said = run("host", "--write", str(tmp_path / "taken"))
    assert said.exit_code == 1
    assert "cannot be written" in said.stderr


def test_a_broken_configuration_is_reported_as_by_every_verb(run: Run, stacks: Path) -> None:
    said = run("host", "-c", "agentClass=nonesuch")
    assert (said.exit_code, said.stdout) == (1, "")
    assert "agentClass" in said.stderr
