"""README.md's commands do what it shows: run from its own text in a clean copy of the checkout, as a plain user.

Root, for whom `test_life` and `make demo` run the same, is a scenario of `pytest -m packets`.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from containment_lab.errors import Exit
from tests.deployment.plain_user import in_view
from tests.deployment.readme_commands import Command, read_commands

REPOSITORY = Path(__file__).parents[2]
COMMANDS = read_commands((REPOSITORY / "README.md").read_text())
_PRODUCT = r"(?:\.venv/bin/|bin/)?containment"
_SECONDS = 900


@dataclass(frozen=True)
class Expected:
    """What a command ends with: its exit code, and patterns that are found in its last line and anywhere in its output."""

    command: str
    code: int = 0
    last: str = r"\S"
    anywhere: str = ""


EXPECTED = (
    Expected(r"make setup", last=r"set-up|Nothing to be done|up to date|^sh "),
    Expected(r"make up", last=r"^coding-monitor is up\b", anywhere=r"validation tests"),
    Expected(r"make demo", last=r"^The demo is over\b"),
    Expected(r"make preview", last=r"^coding-monitor: nothing to change \(\d+ unchanged\)"),
    Expected(r"make destroy", last=r"^platform is destroyed: \d+ deleted"),
    Expected(r"make down", last=r"^The lab is down: no process of it is left"),
    Expected(rf"{_PRODUCT} plan --stack .*", anywhere=r"shadow-model-deny"),
    Expected(rf"{_PRODUCT} explain --stack .* --to https://api\.openai\.com", code=10, anywhere=r"shadow-model-deny"),
    Expected(rf"{_PRODUCT} prove --stack .*", anywhere=r"(?i)proved"),
    Expected(
        rf"{_PRODUCT} lab preview -C tests/samples/.*",
        code=Exit.VIOLATION,
        last=r"^exit 3: a mandatory policy is violated; nothing was created",
    ),
)
"""What each command of README.md ends with, the first pattern that matches the whole command."""

NOT_RUN = {
    ("On AWS and Aviatrix", r".*"): "needs an AWS account, a Controller and the official Pulumi CLI",
    ("From monitor to enforce", r".*"): "needs a week of a stack's logs; `make lifecycle` runs the same commands in the lab",
    ("Working on it", r"make (test|test-all|test-fast|lint|real-engine|packets|soak)"): "runs the tests, or a check beside them",
}
"""Heading and command pattern of what is not run here, with the reason."""


def reason_not_run(command: Command) -> str:
    """Return why a command is not run; empty when it is."""
    return next((why for (heading, words), why in NOT_RUN.items() if heading == command.heading and re.fullmatch(words, command.line)), "")


def expected_of(command: Command) -> Expected | None:
    """Return what a command ends with, None when nothing is known of it."""
    return next((each for each in EXPECTED if re.fullmatch(each.command, command.line)), None)


def test_every_command_is_run_or_named_with_the_reason() -> None:
    assert {"make up", "make destroy", "make down"} <= {each.line for each in COMMANDS}
    unknown = [each for each in COMMANDS if not reason_not_run(each) and expected_of(each) is None]
    assert not unknown, "neither run nor named as needing AWS: give each an entry in EXPECTED or NOT_RUN"
    unused = [key for key in NOT_RUN if not any(each.heading == key[0] and re.fullmatch(key[1], each.line) for each in COMMANDS)]
    assert not unused, "README.md has no such command any more"


@contextmanager
def clean_copy() -> Iterator[Path]:
    """Give a copy of what git lists here, in a folder that every user may enter, with a `.venv` that costs nothing."""
    root = Path(tempfile.mkdtemp(prefix="readme-"))
    root.chmod(0o755)
    copy = root / "agent-containment"
    try:
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=REPOSITORY,
            capture_output=True,
            text=True,
            check=True,
        )
        for name in filter(None, listed.stdout.split("\0")):
            if (REPOSITORY / name).is_file():
                (copy / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(REPOSITORY / name, copy / name)
        make_light_venv(copy)
        yield copy
    finally:
        shutil.rmtree(root)


def make_light_venv(copy: Path) -> None:
    """Make `.venv` of a copy from the packages of the running interpreter; the product itself comes from the copy."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", copy / ".venv"], check=True)
    (packages,) = (copy / ".venv" / "lib").glob("python*/site-packages")
    shared = [each for each in sys.path if each.endswith("site-packages")]
    (packages / "copy.pth").write_text("\n".join([str(copy), str(copy / "sdks" / "aviatrix"), *shared]) + "\n")
    program = copy / ".venv" / "bin" / "containment"
    program.write_text(f"#!{copy}/.venv/bin/python\nimport sys\nfrom containment.cli import main\nsys.exit(main())\n")
    program.chmod(0o755)
    (copy / ".venv" / ".ready").touch()


def run_all(copy: Path, prefix: list[str], environment: dict[str, str]) -> None:
    """Run the commands in order, as a shell in the copy does, and hold each to what README.md promises."""
    try:
        for command in COMMANDS:
            if not reason_not_run(command):
                check(command, run(copy, command.line, prefix, environment))
    finally:
        run(copy, "make down", prefix, environment)


def run(copy: Path, line: str, prefix: list[str], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run one line, with stdout and stderr in one pipe."""
    command = [*prefix, f"cd {copy} && {line}"]
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment, cwd="/", timeout=_SECONDS)


def check(command: Command, done: subprocess.CompletedProcess[str]) -> None:
    """Compare how a command ended with what is expected of it."""
    expected = expected_of(command)
    assert expected
    lines = [line for line in done.stdout.splitlines() if line.strip()]
    shown = f"{command.line} ended with {done.returncode}:\n" + "\n".join(lines[-25:])
    assert done.returncode == expected.code, shown
    assert "Traceback" not in done.stdout, shown
    assert lines, shown
    assert re.search(expected.last, lines[-1]), shown
    assert re.search(expected.anywhere, done.stdout), shown
    if command.line == "make up":
        assert len(done.stdout.splitlines()) <= 150, "make up prints at most 150 lines in a pipe"
        resources = re.findall(r"^ [+] {2}((?!pulumi:)\S+ \S+) created", done.stdout, re.MULTILINE)
        assert len(resources) > 50
        assert len(resources) == len(set(resources)), "one line per resource of a provider"


@pytest.mark.packets
@pytest.mark.timeout(2 * _SECONDS)
def test_the_commands_work_as_root() -> None:
    if os.geteuid() != 0:
        pytest.skip("this test run is not root's")
    with clean_copy() as copy:
        run_all(copy, ["sh", "-c"], {"PATH": os.environ["PATH"], "HOME": str(copy.parent), "LANG": "C.UTF-8"})


@pytest.mark.long
@pytest.mark.slow
@pytest.mark.timeout(2 * _SECONDS)
def test_the_commands_work_as_a_plain_user_with_the_default_path() -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can make a user (useradd)")
    if missing := [each for each in ("useradd", "userdel", "su") if shutil.which(each) is None]:
        pytest.skip(f"not installed: {', '.join(missing)}")
    name = f"reader{os.getpid()}"
    with clean_copy() as copy:
        subprocess.run(["useradd", "--create-home", "--home-dir", copy.parent / "home", "--shell", "/bin/sh", name], check=True)
        try:
            subprocess.run(["chown", "-R", name, copy], check=True)
            run_all(copy, [*in_view(), "su", "--login", name, "--command"], {"PATH": os.environ["PATH"]})
        finally:
            subprocess.run(["userdel", name], check=True)
