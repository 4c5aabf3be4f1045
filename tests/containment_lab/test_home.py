"""A lab home: names stay inside it, questions make nothing in it, and one that cannot be used is one error."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

from containment.cli import main
from containment.cli.app import build
from containment.errors import StackNotFoundError
from containment_lab import simulators, storage
from containment_lab.errors import Exit, HomeError, NameRefusedError
from containment_lab.home import LabHome
from containment_lab.stacks import require_stack_file
from containment_lab.storage import convert_file_errors, write_once, write_whole

REPOSITORY = Path(__file__).parents[2]
APP = build()
ESCAPING = ("../../../escaped", "..", "a/b", "")
OF_A_STACK = (
    *(["lab", verb] for verb in ("preview", "up", "refresh", "destroy", "export", "verify", "watch", "report")),
    ["lab", "run", "true"],
    ["lab", "world", "up"],
    ["lab", "world", "down"],
)
"""Every verb of the lab that takes `--stack`."""
OF_AN_EXISTING_STACK = [words for words in OF_A_STACK if words[1] not in ("preview", "up")]
QUESTIONS = (["lab", "status"], ["lab", "status", "--json"], ["lab", "stacks"], ["lab", "world", "status"], ["lab", "down"])


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LabHome:
    monkeypatch.setenv("CONTAINMENT_LAB_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(REPOSITORY)
    monkeypatch.setattr("containment.cli.lab.network.list_missing", list)
    monkeypatch.setattr("containment.cli.lab.report.list_missing", list)
    return LabHome.find()


def ended(*words: str) -> tuple[int, str]:
    """Run the command line; returns its exit code and what it printed on stderr."""
    done = CliRunner().invoke(APP, [*words])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.stderr


def keep(home: LabHome, stack: str, project: str = "agent-containment") -> None:
    write_whole(home.get_stack_file(project, stack), json.dumps({"version": 3, "deployment": {"resources": []}}))


@pytest.mark.parametrize("words", OF_A_STACK, ids=" ".join)
@pytest.mark.parametrize("name", ESCAPING)
def test_a_stack_name_never_leaves_the_home(home: LabHome, words: list[str], name: str) -> None:
    before = sorted(home.root.parent.rglob("*"))
    code, said = ended(*words, f"--stack={name}")
    assert code == Exit.USAGE
    assert [line.strip().partition(": ")[0] for line in said.splitlines()] == ["error", "why", "fix"]
    assert f"stack name {name!r}" in said
    assert sorted(home.root.parent.rglob("*")) == before


@pytest.mark.parametrize("words", OF_AN_EXISTING_STACK, ids=" ".join)
def test_a_stack_that_is_not_there_is_wrong_usage_and_nothing_is_made(home: LabHome, words: list[str]) -> None:
    code, said = ended(*words, "--stack", "coding-montor")
    assert code == Exit.USAGE
    assert "stack 'coding-montor': is not in this lab" in said
    assert "fix: did you mean coding-monitor? bring it up first: containment lab up --stack coding-monitor" in said
    code, said = ended(*words, "--stack", "coding-enforce")
    assert code == Exit.USAGE
    assert "containment lab up --stack coding-enforce" in said
    assert not home.root.exists()


@pytest.mark.parametrize("verb", ["preview", "up"])
@pytest.mark.parametrize(
    ("words", "fix"),
    [
        (["--stack", "codng-monitor"], "did you mean coding-monitor? for a new stack, write Pulumi.codng-monitor.yaml"),
        (["--stack", "codng-monitor", "-c", "policyMode=enforce"], "did you mean coding-monitor? for"),
        (["--stack", "zzz"], "use one of: coding-enforce, coding-monitor, "),
        (["-C", "platform", "--stack", "platfrm"], "did you mean platform? for a new stack, write Pulumi.platfrm.yaml"),
    ],
)
def test_a_new_stack_without_a_file_or_a_class_is_refused_before_anything_is_made(
    home: LabHome, verb: str, words: list[str], fix: str
) -> None:
    code, said = ended("lab", verb, *words)
    assert code == Exit.USAGE
    name = words[words.index("--stack") + 1]
    assert f"--stack {name}: there is no stack file Pulumi.{name}.yaml in {REPOSITORY}" in said
    assert "why: the stack would be deployed with the defaults of Pulumi.yaml" in said
    assert f"fix: {fix}" in said
    assert not home.root.exists()


@pytest.mark.parametrize(
    ("stack", "pairs"),
    [
        ("dev", {"policyMode": "monitor"}),
        ("trial", {"agentClass": "coding"}),
        ("trial", {"agent-containment:agentClass": "coding"}),
        ("deployed", {}),
    ],
)
def test_a_stack_with_a_file_a_class_or_a_checkpoint_is_deliberate(home: LabHome, stack: str, pairs: dict[str, str]) -> None:
    keep(home, "deployed")
    require_stack_file(home, stack, "agent-containment", REPOSITORY, pairs)
    with pytest.raises(StackNotFoundError):
        require_stack_file(home, "trial", "agent-containment", REPOSITORY, {"policyMode"})


def test_in_a_folder_without_stack_files_no_name_is_mistyped(home: LabHome, tmp_path: Path) -> None:
    require_stack_file(home, "dev", "sample", tmp_path, ())


def test_a_name_is_compared_with_the_stacks_of_the_lab_first(home: LabHome) -> None:
    keep(home, "blue-team")
    assert "fix: use blue-team; list them: containment lab stacks" in ended("lab", "export", "--stack", "blue-tem")[1]
    assert ended("lab", "export", "--stack", "blue-team")[0] == Exit.OK
    assert "fix: use one of: blue-team; list them: containment lab stacks" in ended("lab", "export", "--stack", "qqq")[1]


@pytest.mark.parametrize("words", QUESTIONS, ids=" ".join)
def test_a_question_makes_nothing(home: LabHome, words: list[str]) -> None:
    assert ended(*words)[0] == Exit.OK
    assert not home.root.exists()


def test_a_project_name_stays_inside_too(home: LabHome) -> None:
    with pytest.raises(NameRefusedError, match="project name"):
        home.get_stack_file("../..", "dev")


def read_only(_: Path) -> os.statvfs_result:
    return os.statvfs_result((4096, 4096, 10**6, 10**6, 10**6, 10**6, 10**6, 10**6, os.ST_RDONLY, 255))


def full(_: Path) -> os.statvfs_result:
    return os.statvfs_result((4096, 4096, 10**6, 100, 100, 10**6, 10**6, 10**6, 0, 255))


def without_inodes(_: Path) -> os.statvfs_result:
    return os.statvfs_result((4096, 4096, 10**6, 10**6, 10**6, 10**6, 0, 0, 0, 255))


@pytest.mark.parametrize("verb", ["preview", "up", "refresh", "destroy", "export", "verify", "report", "run"])
@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("file", "is a file, not a folder"),
        ("below a file", "is a file, not a folder"),
        ("full", "of free space"),
        ("no inodes", "more files"),
        ("read-only", "read-only file system"),
        ("another user's", "belongs to user"),
        ("loop", "symbolic link"),
        ("no right", "is not writable"),
    ],
)
def test_a_home_that_cannot_be_used_is_one_error_before_work_begins(
    home: LabHome, monkeypatch: pytest.MonkeyPatch, verb: str, fault: str, reason: str
) -> None:
    match fault:
        case "file":
            home.root.write_text("")
        case "below a file":
            (home.root.parent / "note").write_text("")
            monkeypatch.setenv("CONTAINMENT_LAB_HOME", str(home.root.parent / "note" / "home"))
        case "full" | "no inodes" | "read-only":
            monkeypatch.setattr(storage.os, "statvfs", {"full": full, "no inodes": without_inodes, "read-only": read_only}[fault])
        case "another user's":
            home.get_ports()
            os.chown(home.root / "ports.json", 12345, -1) if os.geteuid() == 0 else pytest.skip("only root gives files away")
        case "loop":
            home.root.symlink_to(home.root)
        case "no right":
            home.root.mkdir()
            real = os.access
            monkeypatch.setattr(storage.os, "access", lambda path, *more, **how: Path(path) != home.root and real(path, *more, **how))
    words = ["lab", verb, *(["true"] if verb == "run" else []), "--stack", "coding-monitor"]
    done = CliRunner().invoke(APP, words)
    assert isinstance(done.exception, SystemExit), done.exception
    assert done.exit_code in (1, Exit.USAGE)
    said = done.output if verb in ("verify", "report") else done.stderr
    lines = said.splitlines()
    assert reason in lines[0]
    reasons = {line.partition(": ")[2] for line in lines if not line.startswith("    ")}
    assert len(reasons) == 1, "one reason"
    if verb in ("verify", "report"):
        assert CliRunner().invoke(APP, [*words, "--skip-if-impossible"]).exit_code == 0


def test_a_failed_write_leaves_the_old_file_and_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "state.json"
    write_whole(file, "old")

    def no_room(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(storage.os, "fsync", no_room)
    for write in (write_whole, write_once):
        with pytest.raises(HomeError, match=r"state\.json: No space left on device\n    why: .*\n    fix: make room there"):
            write(file, "new")
    assert [path.name for path in tmp_path.iterdir()] == ["state.json"]
    assert file.read_text() == "old"


def test_two_who_choose_ports_at_once_have_the_same(tmp_path: Path) -> None:
    record = tmp_path / "ports.json"
    write_once(record, "first")
    write_once(record, "second")
    assert record.read_text() == "first"
    assert [path.name for path in tmp_path.iterdir()] == ["ports.json"]


@pytest.mark.parametrize("name", ["ports.json", "simulators.json", "controller.json"])
def test_a_broken_file_of_the_home_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("{")
    home = LabHome(tmp_path)
    asks = {"simulators.json": lambda: simulators.read_status(home)}.get(name, lambda: simulators.build_overlay(home, frozenset(), "x"))
    with pytest.raises(HomeError, match=rf"{name} is broken\n    why: .*\n    fix: .*delete"):
        asks()


def test_only_failures_of_the_file_system_become_errors_of_the_home(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("")
    with pytest.raises(HomeError, match=r"Not a directory\n    why: .*\n    fix: move that file away"), convert_file_errors(tmp_path):
        (tmp_path / "a" / "b").read_text()
    with pytest.raises(ZeroDivisionError), convert_file_errors(tmp_path):
        _ = 1 / 0


def test_a_relative_home_and_a_link_are_the_folder_they_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = tmp_path / "a folder with spaces"
    real.mkdir()
    (tmp_path / "link").symlink_to(real)
    monkeypatch.chdir(tmp_path)
    for named in ("link", "a folder with spaces", "./link/../a folder with spaces", str(tmp_path / "link")):
        monkeypatch.setenv("CONTAINMENT_LAB_HOME", named)
        assert LabHome.find().root == real


def test_an_error_of_the_lab_is_one_error_for_every_other_verb_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken() -> None:
        raise HomeError("ports.json is broken", why="it matters", fix="delete it")

    monkeypatch.setattr("containment.cli.app.app", broken)
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == Exit.ERROR
    assert capsys.readouterr().err == "error: ports.json is broken\n    why: it matters\n    fix: delete it\n"


def test_a_lab_on_a_disk_that_became_read_only_can_still_be_ended(home: LabHome, monkeypatch: pytest.MonkeyPatch) -> None:
    home.get_ports()

    def refused(path: Path, *_: object, **__: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(path))

    monkeypatch.setattr(Path, "open", refused)
    assert simulators.stop_simulators(home) == []
