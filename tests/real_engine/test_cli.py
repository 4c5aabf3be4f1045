"""Where the official CLI comes from, and what its absence means: a reason to skip, or a failure. No CLI is needed here."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

from tests.real_engine import __main__ as runner
from tests.real_engine import cli
from tests.real_engine.cli import MODULE, Obstacle, Pin, Unavailable
from tests.real_engine.conftest import REASON, cli_or_skip

GOOD_GO = """case $1 in
version) echo go version go1.99.0 linux/amd64;;
list) echo 'go: downloading example.com/one v1.0.0' >&2; echo fmt; echo example.com/one;;
build) while [ $# -gt 0 ]; do [ "$1" = -o ] && echo built > "$2"; shift; done; echo fmt >&2;;
esac"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the only folder in which programs are looked for; empty."""
    monkeypatch.setattr(cli, "PROGRESS_SECONDS", 0.05)
    monkeypatch.setattr(shutil, "which", lambda name, path=None: str(tmp_path / name) if (tmp_path / name).exists() else None)
    return tmp_path


def put(folder: Path, name: str, script: str) -> None:
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


def obstacle(folder: Path) -> Unavailable:
    with pytest.raises(Unavailable) as caught:
        cli.find_or_build(lambda line: None, folder / "cache")
    assert "\n" not in str(caught.value)
    return caught.value


def test_the_cli_on_path_is_taken_and_nothing_is_built(folder: Path) -> None:
    put(folder, "pulumi", "exit 1")
    assert cli.find_or_build(lambda line: None, folder / "cache") == folder / "pulumi"
    assert not (folder / "cache").exists()


def test_a_build_shows_its_progress_and_is_done_once(folder: Path) -> None:
    put(folder, "go", GOOD_GO)
    lines: list[str] = []
    program = cli.find_or_build(lines.append, folder / "cache")
    assert program.read_text() == "built\n"
    assert lines[0].startswith("building the official Pulumi CLI v3.")
    assert "  1 modules downloaded" in lines
    assert "  1 of 2 packages compiled" in lines
    put(folder, "go", "exit 1")
    assert cli.find_or_build(lambda line: None, folder / "cache") == program


@pytest.mark.parametrize("script", [None, "echo go version go1.19.8 linux/amd64", "exit 1"], ids=["none", "too old", "broken"])
def test_without_a_go_that_can_build_tests_are_skipped_but_fail_where_they_are_required(script: str | None, folder: Path) -> None:
    if script:
        put(folder, "go", script)
    found = obstacle(folder)
    assert found.obstacle is Obstacle.NO_GO
    assert not found.is_failure(required=False)
    assert found.is_failure(required=True)
    if script != "exit 1":
        assert ".".join(map(str, Pin.read().go)) in str(found), "the reason names the Go that is needed"


@pytest.mark.parametrize(
    "words",
    [
        "example.com/one@v1: Get example.com/one: dial tcp 127.0.0.1:9: connect: connection refused",
        "example.com/one@v1: reading https://proxy.example/one/@v/v1.zip: 502 Bad Gateway",
        "example.com/one@v1: net/http: TLS handshake timeout",
    ],
)
def test_a_module_proxy_that_does_not_answer_is_skipped_everywhere(words: str, folder: Path) -> None:
    put(folder, "go", f"[ $1 = version ] && echo go version go1.99 || {{ echo '{words}' >&2; exit 1; }}")
    found = obstacle(folder)
    assert found.obstacle is Obstacle.NO_ANSWER
    assert words in str(found)
    assert not found.is_failure(required=True)


def test_an_older_go_that_finds_no_newer_one_counts_as_no_go(folder: Path) -> None:
    words = "go: download go1.26.6 for linux/amd64: toolchain not available"
    put(folder, "go", f"[ $1 = version ] && echo go version go1.99 || {{ echo '{words}' >&2; exit 1; }}")
    found = obstacle(folder)
    assert found.obstacle is Obstacle.NO_GO
    assert words in str(found)


def test_a_download_that_brings_nothing_ends(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "STALL_SECONDS", 0.2)
    put(folder, "go", "[ $1 = version ] && echo go version go1.99 || exec sleep 60")
    assert obstacle(folder).obstacle is Obstacle.NO_ANSWER


@pytest.mark.parametrize("words", ["verifying example.com/one@v1: checksum mismatch", "x.go:1: undefined: y"])
def test_a_wrong_checksum_or_a_broken_build_is_a_failure_everywhere(words: str, folder: Path) -> None:
    put(folder, "go", f"[ $1 = version ] && echo go version go1.99 || {{ echo '{words}' >&2; exit 1; }}")
    found = obstacle(folder)
    assert found.obstacle is Obstacle.BROKEN
    assert words in str(found)
    assert found.is_failure(required=False)


def test_another_pin_is_another_program(tmp_path: Path) -> None:
    for name in ("go.mod", "go.sum"):
        (tmp_path / name).write_bytes((MODULE / name).read_bytes())
    same = Pin.read(tmp_path).program()
    assert same == Pin.read().program()
    (tmp_path / "go.sum").write_text((tmp_path / "go.sum").read_text() + "\n")
    assert Pin.read(tmp_path).program() != same


@pytest.mark.parametrize(("switches", "used"), [("auto", True), ("local", False)])
def test_an_older_go_is_used_where_it_may_download_a_newer_one(switches: str, used: bool, folder: Path) -> None:
    script = GOOD_GO.replace("go1.99.0", "go1.24.4").replace("case $1 in", f"case $1 in\nenv) echo {switches};;")
    put(folder, "go", script)
    if used:
        assert cli.find_or_build(lambda line: None, folder / "cache").exists()
    else:
        found = obstacle(folder)
        assert found.obstacle is Obstacle.NO_GO
        assert "GOTOOLCHAIN=auto" in str(found)


@pytest.mark.parametrize("required", ["", "required"])
def test_the_runner_fails_without_go_only_where_the_tests_are_required(
    required: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ended, executed = run_without_cli(Obstacle.NO_GO, "no Go here", required, monkeypatch)
    if required:
        assert (ended, executed) == ("error: no Go here", [])
    else:
        assert [arguments[-1] for arguments in executed] == ["-x"]
        assert executed[0][0] == sys.executable
        assert os.environ[REASON] == "no Go here"
        assert capsys.readouterr().out == "SKIPPED: no Go here\n"


@pytest.mark.parametrize("required", ["", "required"])
def test_the_runner_skips_and_prints_why_where_the_module_proxy_does_not_answer(
    required: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _, executed = run_without_cli(Obstacle.NO_ANSWER, "the proxy is silent", required, monkeypatch)
    assert len(executed) == 1
    assert os.environ[REASON] == "the proxy is silent"
    assert capsys.readouterr().out == "SKIPPED: the proxy is silent\n"


def test_tests_are_skipped_with_the_reason_that_the_runner_passes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "find", lambda: None)
    monkeypatch.setenv(REASON, "the proxy is silent")
    with pytest.raises(pytest.skip.Exception, match="the proxy is silent"):
        cli_or_skip()
    monkeypatch.delenv(REASON)
    with pytest.raises(pytest.skip.Exception, match="`make real-engine` builds it"):
        cli_or_skip()


def run_without_cli(obstacle: Obstacle, reason: str, required: str, monkeypatch: pytest.MonkeyPatch) -> tuple[str, list[list[str]]]:
    """Return what the runner returns where there is no CLI, and the commands that it ran in its place."""

    def unavailable(report: object) -> Path:
        raise Unavailable(obstacle, reason)

    executed: list[list[str]] = []
    monkeypatch.setattr(runner, "find_or_build", unavailable)
    monkeypatch.setattr(os, "execv", lambda program, arguments: executed.append(arguments))
    monkeypatch.setenv("REAL_ENGINE", required)
    monkeypatch.setenv(REASON, "")
    return runner.main(["-x"]), executed
