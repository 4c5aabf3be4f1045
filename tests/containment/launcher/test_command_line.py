"""Wrong usage, wrong profiles and missing commands have the exit codes and texts of every command."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from containment.exit_code import Exit
from containment.launcher.command_line import build_parser, main
from tests.containment.launcher.profiles import write_profile

REPOSITORY = Path(__file__).parents[3]


@pytest.mark.parametrize("words", [[], ["run"], ["run", "--unknown"], ["check"], ["start"], ["check", "--profile"]])
def test_wrong_usage_ends_with_2_and_names_the_help(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as raised:
        main(words)
    assert raised.value.code == Exit.USAGE
    assert "--help'" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["run", "unit"])
def test_a_missing_command_is_wrong_usage(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as raised:
        main([name, "--profile", str(write_profile(tmp_path)), "--"])
    assert raised.value.code == Exit.USAGE
    assert "write it after --" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["run", "check", "unit"])
def test_a_profile_that_cannot_be_used_ends_with_1_and_its_problems(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = [] if name == "check" else ["--", "bash"]
    assert main([name, "--profile", str(tmp_path / "missing"), *words]) == Exit.ERROR
    assert "missing: does not exist" in capsys.readouterr().err
    assert main([name, "--profile", str(write_profile(tmp_path, default="allow", network="host")), *words]) == Exit.ERROR
    assert "2 problems" in capsys.readouterr().err


def test_options_of_the_command_are_not_the_launchers(tmp_path: Path) -> None:
    options = build_parser().parse_args(["run", "--profile", str(tmp_path), "--task", "review", "--", "bash", "--task", "other", "--help"])
    assert options.task == "review"
    assert options.command[-3:] == ["--task", "other", "--help"]


def test_nothing_of_the_product_leaves_a_layer_out() -> None:
    text = "\n".join(each.read_text() for each in Path("containment/launcher").glob("*.py"))
    assert "rules=view.rules" in text
    assert 'filter=b""' not in text
    assert "rules=None" not in text


def test_a_start_imports_nothing_that_it_does_not_need() -> None:
    modules = "containment.launcher.command_line, containment.launcher.start, containment.launcher.supervisor.observation"
    code = f"import sys; sys.path.insert(0, {str(REPOSITORY)!r}); import {modules}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=True)
    slow = {"dataclasses", "inspect", "datetime", "tempfile", "pydantic", "containment.launcher.limits.time_limit"}
    assert slow & set(done.stdout.split()) == set()


def test_the_whole_program_ends_with_its_code_and_all_output_and_without_a_clean_up_of_modules(tmp_path: Path) -> None:
    words = ["containment-sandbox", "unit", "--profile", str(write_profile(tmp_path)), "--", "bash"]
    run = "from containment.launcher.command_line import run_and_exit; run_and_exit()"
    code = f"import atexit, sys; atexit.register(print, 'cleaned'); sys.argv = {json.dumps(words)}; {run}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=REPOSITORY)
    assert (done.returncode, done.stderr) == (Exit.OK, "")
    assert done.stdout.startswith("#")
    assert done.stdout.endswith("\n")
    assert "cleaned" not in done.stdout
    failed = subprocess.run([sys.executable, "-c", code.replace('"unit"', '"nothing"')], capture_output=True, check=False, cwd=REPOSITORY)
    assert failed.returncode == Exit.USAGE
