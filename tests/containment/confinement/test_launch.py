"""A confined command ends as in a shell, leaves no process, has a usable terminal, and is never started with less."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from containment.confinement import bubblewrap, launch, profile, requirements
from containment.confinement.errors import ConfinementError
from containment.confinement.identity import Identity, reserve_identity
from containment.confinement.launch import CommandResult, run_confined
from containment.confinement.profile import Limits, Profile
from containment.confinement.requirements import find_confinement_refusal

pytestmark = [pytest.mark.namespaces, pytest.mark.skipif(bool(find_confinement_refusal()), reason=find_confinement_refusal())]
TERMINAL = """
import sys
from pathlib import Path
from containment.confinement.identity import reserve_identity
from containment.confinement.launch import run_confined
from containment.confinement.profile import Profile
with reserve_identity() as who:
    made = Path(sys.argv[1])
    __import__("os").chown(made, who.user, who.group)
    ended = run_confined(Profile(command=tuple(sys.argv[2:]), network=None, folder=made), who)
print("ended with", ended.code, flush=True)
"""


@pytest.fixture
def who() -> Iterator[Identity]:
    with reserve_identity() as found:
        yield found


@pytest.fixture
def folder(tmp_path: Path, who: Identity) -> Path:
    os.chown(tmp_path, who.user, who.group)
    return tmp_path


def confined(who: Identity, folder: Path, *words: str, seconds: float = 0, **more: object) -> CommandResult:
    return run_confined(Profile(command=words, network=None, folder=folder)._replace(**more), who, seconds)  # type: ignore[arg-type]


def shell(who: Identity, folder: Path, text: str, **more: object) -> str:
    """Return what a shell text prints."""
    assert confined(who, folder, "sh", "-c", f"exec >out 2>&1; {text}", **more).code == 0
    return (folder / "out").read_text()


@pytest.mark.parametrize(("text", "code"), [("exit 0", 0), ("exit 7", 7), ("exit 124", 124), ("kill -9 $$", 137), ("kill -TERM $$", 143)])
def test_it_ends_with_the_commands_own_code(who: Identity, folder: Path, text: str, code: int) -> None:
    assert confined(who, folder, "sh", "-c", text).code == code


def test_a_command_that_is_not_there_ends_with_127(who: Identity, folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert confined(who, folder, "no-such-command").code == 127
    assert "no-such-command: No such file" in capfd.readouterr().err


def test_it_is_ended_after_its_time_with_all_that_it_started(who: Identity, folder: Path) -> None:
    ended = confined(who, folder, "sh", "-c", "trap '' TERM; (setsid sleep 4321 &); sleep 4321", seconds=0.5)
    assert ended.timed_out
    _until(lambda: not _sleeping("4321"))


def test_it_has_no_rights_and_a_filter(who: Identity, folder: Path) -> None:
    lines = dict(line.split(":\t", 1) for line in shell(who, folder, "cat /proc/self/status").splitlines())
    assert {lines[f"Cap{kind}"] for kind in ("Inh", "Prm", "Eff", "Bnd", "Amb")} == {"0" * 16}
    assert (lines["NoNewPrivs"], lines["Seccomp"]) == ("1", "2")
    assert lines["Uid"].split() == ["1000"] * 4


def test_it_sees_no_file_but_the_systems_and_its_own(who: Identity, folder: Path) -> None:
    links = {"bin", "lib", "lib32", "lib64", "libx32", "sbin"}
    assert set(shell(who, folder, "ls /").split()) - links == {"dev", "etc", "home", "opt", "proc", "tmp", "usr", "var"}
    seen = shell(who, folder, "ls /home /home/agent /tmp /var").split()
    assert seen == [
        "/home:",
        "agent",
        "/home/agent:",
        "out",
        "/tmp:",
        "/var:",
        "tmp",
    ]
    assert "shadow" not in shell(who, folder, "ls /etc")
    assert len(shell(who, folder, "cat /etc/passwd").splitlines()) == 3


def test_nothing_but_its_folder_and_temporary_places_can_be_written(who: Identity, folder: Path) -> None:
    places = "/ /dev /etc /home /proc /proc/sys /usr /usr/bin /var /tmp /dev/shm /home/agent"
    written = shell(who, folder, f"for each in {places}; do (: > $each/planted) 2>/dev/null && echo $each; done; true").split()
    assert written == ["/tmp", "/dev/shm", "/home/agent"]


def test_a_pipe_that_nothing_reads_ends_it(who: Identity, folder: Path) -> None:
    lines = dict(line.split(":\t", 1) for line in shell(who, folder, "cat /proc/self/status").splitlines())
    assert not int(lines["SigIgn"], 16) & 1 << signal.SIGPIPE - 1


def test_it_inherits_no_variable_and_no_descriptor(who: Identity, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("SSH_AUTH_SOCK", "/run/agent")
    monkeypatch.setenv("LD_PRELOAD_PATH", "x")
    opened = os.open("/", os.O_RDONLY)
    os.set_inheritable(opened, True)
    try:
        text = shell(who, folder, "env; ls -l /proc/self/fd | grep -c '^[ld]'")
    finally:
        os.close(opened)
    assert {line.partition("=")[0] for line in text.splitlines()[:-1]} <= {
        *("PATH", "HOME", "USER", "LOGNAME", "LANG", "TMPDIR", "PWD", "OLDPWD", "SHLVL", "_", "TERM", "COLORTERM", "LINES", "COLUMNS"),
        *("NO_COLOR", "SSL_CERT_FILE", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"),
    }
    assert text.splitlines()[-1] == "4", "three streams, and the one that lists them"


def test_limits_are_in_force(who: Identity, folder: Path) -> None:
    limits = Limits(processes=20, file_size=1 << 20, open_files=64)
    text = shell(who, folder, "ulimit -n; ulimit -c; head -c 2000000 /dev/zero > big || true; stat -c %s big", limits=limits)
    assert text.splitlines()[:2] == ["64", "0"]
    assert text.splitlines()[-1] == str(1 << 20)
    forks = "i=0; while [ $i -lt 40 ]; do sleep 1 & i=$((i + 1)); done; true"
    assert confined(who, folder, "sh", "-c", forks, limits=limits).code != 0


def test_a_folder_of_another_user_is_written_as_that_user(who: Identity, tmp_path: Path) -> None:
    if not who.changed:
        pytest.skip("only root's command has another user id")
    (tmp_path / "theirs").touch()
    assert confined(who, tmp_path, "sh", "-c", "echo x > mine; echo x > theirs").code == 0
    assert {(tmp_path / name).stat().st_uid for name in ("mine", "theirs")} == {os.geteuid()}
    assert (tmp_path / "theirs").read_text() == "x\n"


def test_nothing_is_left_when_the_caller_is_killed(tmp_path: Path) -> None:
    marker = "7654.321"
    caller = subprocess.Popen([sys.executable, "-c", TERMINAL, str(tmp_path), "sh", "-c", f"(setsid sleep {marker} &); sleep {marker}"])
    try:
        _until(lambda: len(_sleeping(marker)) == 2)
    finally:
        caller.kill()
        caller.wait()
    _until(lambda: not _sleeping(marker))


def test_a_shell_in_a_terminal_has_job_control(tmp_path: Path) -> None:
    child, terminal = pty.fork()
    if child == 0:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # ignored where the tests run in the background, and inherited
        os.execv(sys.executable, [sys.executable, "-c", TERMINAL, str(tmp_path), "bash", "--norc", "-i"])
    try:
        _answer(terminal, "echo rea''dy\n", "ready")
        for key, wanted in (("\x1a", "Stopped"), ("\x03", "^C")):
            os.write(terminal, b"sleep 8765\n")
            _until(lambda: bool(_sleeping("8765")))
            _answer(terminal, key, wanted)
            _answer(terminal, "kill -9 %1 2>&1; wait; echo en''ded\n", "ended")
            _until(lambda: not _sleeping("8765"))
        _answer(terminal, "exit 5\n", "ended with 5")
    finally:
        os.close(terminal)
        os.waitpid(child, 0)


def test_a_stream_that_is_a_folder_is_refused(who: Identity, folder: Path) -> None:
    kept, opened = os.dup(0), os.open("/", os.O_RDONLY)
    os.dup2(opened, 0)
    try:
        with pytest.raises(ConfinementError, match="stdin is a folder, and the command could read all of it"):
            confined(who, folder, "ls", "/proc/self/fd/0/root")
    finally:
        os.dup2(kept, 0)


@pytest.mark.parametrize(
    ("module", "name", "value", "reason"),
    [
        (bubblewrap, "_PLACES", "/nonexistent", "bwrap is not installed, .* install the package bubblewrap$"),
        (launch, "get_current_machine", lambda: (_ for _ in ()).throw(ConfinementError("no filter")), "no filter"),
        (bubblewrap, "NAMESPACES", ("--no-such-option",), "its message is above"),
    ],
)
def test_it_is_refused_where_it_cannot_be_had(
    who: Identity, folder: Path, monkeypatch: pytest.MonkeyPatch, module: object, name: str, value: object, reason: str
) -> None:
    monkeypatch.setattr(module, name, value)
    with pytest.raises(ConfinementError, match=reason):
        confined(who, folder, "touch", "started")
    assert not (folder / "started").exists()


def test_a_machine_that_refuses_user_namespaces_is_named_with_what_lifts_it(monkeypatch: pytest.MonkeyPatch) -> None:
    switch = next(iter(requirements.SWITCHES))
    monkeypatch.setattr(requirements, "NAMESPACES", ("--no-such-option",))
    monkeypatch.setattr(requirements, "_read_value", lambda file: "0" if file == switch else "")
    assert find_confinement_refusal().endswith(": sysctl kernel.unprivileged_userns_clone=1")


def test_of_the_callers_environment_only_the_terminals_variables_stay(tmp_path: Path) -> None:
    one = Profile(command=("true",), network=None, folder=tmp_path, variables={"NODE": "x"})
    found = profile.build_environment(one, {"TERM": "xterm", "AWS_PROFILE": "prod", "PATH": "/secret", "HTTPS_PROXY": "http://x"})
    assert (found["TERM"], found["NODE"]) == ("xterm", "x")
    assert not {"AWS_PROFILE", "HTTPS_PROXY"} & found.keys()
    assert "/secret" not in found["PATH"]


def _sleeping(seconds: str) -> list[psutil.Process]:
    return [each for each in psutil.process_iter(["cmdline"]) if each.info["cmdline"] == ["sleep", seconds]]


def _until(condition: object, patience: float = 30.0) -> None:
    deadline = time.monotonic() + patience
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _answer(terminal: int, text: str, wanted: str, patience: float = 30.0) -> None:
    """Type something and wait for an answer."""
    time.sleep(0.3)  # a shell that starts or reaps a job drops what was typed before
    os.write(terminal, text.encode())
    seen, deadline = "", time.monotonic() + patience
    while wanted not in seen:
        assert time.monotonic() < deadline, seen
        if select.select([terminal], [], [], 0.2)[0]:
            seen += os.read(terminal, 4096).decode(errors="replace")
