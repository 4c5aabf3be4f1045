"""Units of a repeated command: systemd reads back the command that was written, whatever characters it has."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from containment.errors import InputError
from containment.exit_code import Exit
from containment.systemd_units.timers import RepeatedCommand


def repeat(folder: Path, *words: str, results: Path | None = None) -> RepeatedCommand:
    return RepeatedCommand(
        name="containment-example",
        purpose="Do an example",
        words=words,
        folder=folder,
        results=results,
        success=[Exit.INCONCLUSIVE],
        hours=6,
    )


def test_a_word_with_a_space_percent_dollar_or_quote_stays_one_word(tmp_path: Path) -> None:
    service, timer = repeat(tmp_path, "/usr/bin/python3", "--key", 'my "key" 100%$HOME;x').build_units().values()
    assert 'ExecStart=/usr/bin/python3 --key "my \\"key\\" 100%%$$HOME;x"' in service
    assert "OnUnitActiveSec=6h" in timer


def test_a_line_break_cannot_add_a_setting(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="units are not written"):
        repeat(tmp_path, "/usr/bin/python3", "a\nExecStart=/bin/sh").write(tmp_path / "units")
    with pytest.raises(InputError, match="units are not written"):
        repeat(tmp_path / "a\nUser=root", "/usr/bin/python3").write(tmp_path / "units")
    assert not (tmp_path / "units").exists()


def test_a_command_with_results_writes_only_their_folder(tmp_path: Path) -> None:
    results = tmp_path / "results"
    service, _ = repeat(tmp_path, "/bin/true", results=results).build_units().values()
    assert f"ProtectSystem=strict\nReadWritePaths={results}\n" in service


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "units").write_text("a file\n")
    with pytest.raises(InputError, match="cannot be written"):
        repeat(tmp_path, "/bin/true").write(tmp_path / "units")


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not installed")
@pytest.mark.parametrize("writes_results", [False, True])
def test_systemd_accepts_both_units(tmp_path: Path, writes_results: bool) -> None:
    project = tmp_path / "a project"
    project.mkdir()
    command = repeat(project, sys.executable, "a b", 'c"d', "50%", "$HOME", results=project if writes_results else None)
    paths = command.write(tmp_path / "units")
    done = subprocess.run(
        ["systemd-analyze", "verify", "--recursive-errors=no", *map(str, paths)], capture_output=True, text=True, timeout=60
    )
    assert not [line for line in done.stderr.splitlines() if "containment-example" in line], done.stderr
