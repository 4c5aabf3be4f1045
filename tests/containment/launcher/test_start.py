"""A started command has all layers, its events are in the log, and without a layer or a log it does not start."""

from __future__ import annotations

import errno
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from containment.confinement import joining, requirements
from containment.confinement.entry import IGNORED_BY_PYTHON
from containment.confinement.errors import ConfinementError
from containment.confinement.filesystem import landlock
from containment.confinement.filesystem.landlock import read_version
from containment.confinement.joining import OF_TERMINAL
from containment.confinement.requirements import find_confinement_refusal
from containment.errors import InputError
from containment.launcher.events.event_log import EventLog
from containment.launcher.network.trust import find_bundle
from containment.launcher.settings import compute_digest, read_settings
from containment.launcher.start import Request, run_command
from tests.containment.launcher.events.test_ocsf import check_event
from tests.containment.launcher.profiles import build_document, write_profile

_LACKING = find_confinement_refusal() or ("" if read_version() else "this kernel has no Landlock")
pytestmark = [pytest.mark.namespaces, pytest.mark.skipif(bool(_LACKING), reason=_LACKING)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "work"
    made.mkdir()
    return made


def run(tmp_path: Path, folder: Path, *command: str, task: str | None = None, log: Path | None = None, **changes: Any) -> int:
    settings = read_settings(write_profile(tmp_path, **{"egress": [], **changes}))
    log = log or tmp_path / "events.jsonl"
    return run_command(Request(settings=settings, command=command, task=task, folder=folder, event_log=log, is_quiet=True))


def shell(tmp_path: Path, folder: Path, text: str, **more: Any) -> str:
    """Return what a shell text prints."""
    run(tmp_path, folder, "bash", "-c", f"exec >out 2>&1; {text}", **more)
    return (folder / "out").read_text()


def read_events(tmp_path: Path) -> list[dict[str, Any]]:
    events = [json.loads(line) for line in (tmp_path / "events.jsonl").read_text().splitlines()]
    for each in events:
        check_event(each)
    return events


def test_it_ends_with_the_commands_code_and_confines_it(tmp_path: Path, folder: Path) -> None:
    assert run(tmp_path, folder, "bash", "-c", "exit 7") == 7
    assert run(tmp_path, folder, "bash", "-c", "kill -9 $$") == 137
    lines = dict(line.split(":\t", 1) for line in shell(tmp_path, folder, "cat /proc/self/status").splitlines())
    assert {lines[f"Cap{kind}"] for kind in ("Inh", "Prm", "Eff", "Bnd", "Amb")} == {"0" * 16}
    assert (lines["NoNewPrivs"], lines["Seccomp"], lines["Uid"].split()) == ("1", "2", ["1000"] * 4)


def test_orphans_end_with_the_command(tmp_path: Path, folder: Path) -> None:
    shell(tmp_path, folder, "(trap '' TERM HUP; sleep() { read -t 300 < <(read); }; while :; do sleep; done) & disown; true")
    left = [each for each in Path("/proc").glob("[0-9]*/cmdline") if b"disown" in _read(each)]
    assert left == []


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP])
def test_nothing_outlives_the_launcher(tmp_path: Path, folder: Path, number: int) -> None:
    profile = write_profile(tmp_path, egress=[], programs=["/usr/bin/bash", "/usr/bin/sleep"])
    mark = f"98{os.getpid()}{int(number)}"
    text = f"trap '' TERM HUP; sleep {mark} & (setsid sleep {mark} 2>/dev/null || sleep {mark}) & echo started; sleep {mark}"
    words = [sys.executable, "-m", "containment.launcher", "run", "--profile", str(profile), "--folder", str(folder)]
    words += ["--event-log", str(tmp_path / "events.jsonl"), "--", "bash", "-c", text]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, start_new_session=True) as launcher:
        assert launcher.stdout
        assert launcher.stdout.readline() == "started\n"
        session = _list_session(launcher.pid, mark)
        assert len(session) >= 3
        launcher.send_signal(number)
        assert launcher.wait(60)
        for _ in range(1000):
            if not (left := [each for each in session if Path(f"/proc/{each}").exists()]):
                break
            time.sleep(0.02)
        assert left == []


def test_the_command_gets_the_interrupt_of_the_terminal_and_the_signals_of_pipes(tmp_path: Path, folder: Path) -> None:
    text = (
        "import os, signal, time\n"
        "def stop(*_): os.write(1, b'interrupted\\n'); os._exit(3)\n"
        "signal.signal(signal.SIGINT, stop)\nos.write(1, b'started\\n')\ntime.sleep(60)\n"
    )
    profile = write_profile(tmp_path, egress=[])
    words = [sys.executable, "-m", "containment.launcher", "run", "--profile", str(profile), "--folder", str(folder)]
    words += ["--event-log", str(tmp_path / "events.jsonl"), "--", "python3", "-c", text]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, start_new_session=True) as launcher:
        assert launcher.stdout
        assert launcher.stdout.readline() == "started\n"
        os.killpg(launcher.pid, signal.SIGINT)
        assert launcher.stdout.readline() == "interrupted\n"
        assert launcher.wait(60) == 3
    lines = dict(line.split(":\t", 1) for line in shell(tmp_path, folder, "cat /proc/self/status").splitlines())
    own = sum(1 << number - 1 for number in (*IGNORED_BY_PYTHON, *OF_TERMINAL))
    # Other signals that whoever started the tests ignores (nohup: SIGHUP) stay ignored, as in a shell.
    caller = int(dict(line.split(":\t", 1) for line in Path("/proc/self/status").read_text().splitlines())["SigIgn"], 16)
    assert int(lines["SigIgn"], 16) == caller & ~own


def _list_session(launcher: int, mark: str) -> list[int]:
    """Return the processes of a launcher: its children with theirs, and those of the command."""
    children = [int(each) for each in Path(f"/proc/{launcher}/task/{launcher}/children").read_text().split()]
    for each in children:
        children += [int(one) for one in Path(f"/proc/{each}/task/{each}/children").read_text().split()]
    return children + [int(each.parent.name) for each in Path("/proc").glob("[0-9]*/cmdline") if mark.encode() in _read(each)]


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError:
        return b""


def test_every_start_and_every_denial_is_an_event(tmp_path: Path, folder: Path) -> None:
    calls = "import ctypes; ctypes.CDLL(None).unshare(0x10000000)"
    text = f"cat /etc/shadow; cat /etc/shadow; /usr/bin/env; echo x > /usr/x; cat /usr/bin/cat > /dev/null; python3 -c '{calls}'"
    shell(tmp_path, folder, text, task="review")
    events = read_events(tmp_path)
    found = {(each["message"], each["actor"]["process"]["file"]["name"]) for each in events}
    assert ("program start: /usr/bin/cat", "bash") in found
    assert ("denied program: /usr/bin/env", "bash") in found
    assert ("denied read: /etc/shadow", "cat") in found
    assert ("denied write: /usr/x", "bash") in found
    assert any(message == "denied system call: unshare" for message, _ in found)
    assert not any("/usr/bin/cat" in message and message.startswith("denied") for message, _ in found)
    assert {each["unmapped"]["task"] for each in events} == {"review"}
    assert {each["policy"]["uid"] for each in events} == {compute_digest((tmp_path / "profile.json").read_text())}


def test_a_program_that_is_started_by_a_link_of_its_process_has_its_name(tmp_path: Path, folder: Path) -> None:
    starts = "import os, sys; sys.argv[1:] or os.execv('/proc/self/exe', ['python3', '-c', 'pass', 'again'])"
    opened = "exec 5< /usr/bin/cat; /proc/self/fd/5 /dev/null; exec 6< /usr/bin/env; /dev/fd/6"
    shell(tmp_path, folder, f'python3 -c "{starts}"; {opened}; cat /proc/self/root/etc/shadow')
    found = [each["message"] for each in read_events(tmp_path)]
    python = os.path.realpath("/usr/bin/python3")
    assert found.count(f"program start: {python}") == 2
    assert "program start: /usr/bin/cat" in found
    assert "denied program: /usr/bin/env" in found
    assert "denied read: /etc/shadow" in found


def test_repetitions_are_counted_and_not_written(tmp_path: Path, folder: Path) -> None:
    shell(tmp_path, folder, "for each in 1 2 3 4 5 6 7 8 9; do : < /etc/shadow; done")
    counts = [each["count"] for each in read_events(tmp_path) if each["message"] == "denied read: /etc/shadow"]
    assert counts == [1, 8]


def test_only_listed_programs_start_and_no_other_file_becomes_code(tmp_path: Path, folder: Path) -> None:
    assert "Permission denied" in shell(tmp_path, folder, "/usr/bin/env true")
    assert "Permission denied" in shell(tmp_path, folder, "cat /usr/bin/env > own; python3 -c 'import os; os.chmod(\"own\", 0o755)'; ./own")
    loader = next(each for each in ("/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1") if Path(each).exists())
    assert "failed to map" in shell(tmp_path, folder, f"{loader} /usr/bin/env true")


def test_files_are_written_where_they_are_granted_as_their_owner(tmp_path: Path, folder: Path) -> None:
    granted, shown = tmp_path / "granted", tmp_path / "shown"
    for each in (granted, shown):
        each.mkdir()
        (each / "file").write_text("before")
    files = {"readOnly": ["/usr", str(shown)], "readWrite": ["/home/agent", str(granted)]}
    place = Path("/var/tmp") / f"launcher-{os.getpid()}"  # a path outside of /tmp, which is the command's own
    place.mkdir()
    try:
        files["readWrite"].append(str(place))
        text = shell(tmp_path, folder, f"cat {shown}/file; echo x > {shown}/file; echo x > {place}/new", files=files)
        assert "before" in text
        assert (place / "new").stat().st_uid == os.geteuid()
        assert (shown / "file").read_text() == "before"
    finally:
        for each in place.iterdir():
            each.unlink()
        place.rmdir()


def test_no_variable_of_the_caller_is_passed_on(tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_SECRET_ACCESS_KEY", "SSH_AUTH_SOCK", "OPENAI_API_KEY", "LD_PRELOAD"):
        monkeypatch.setenv(name, "")
    text = shell(tmp_path, folder, "python3 -c 'import os; print(*sorted(os.environ))'")
    assert not {"AWS_SECRET_ACCESS_KEY", "SSH_AUTH_SOCK", "OPENAI_API_KEY", "LD_PRELOAD"} & {*text.split()}


def test_without_landlock_nothing_starts(tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> int:
        raise OSError(errno.ENOSYS, "no such call")

    monkeypatch.setattr(landlock.kernel, "call", fail)
    with pytest.raises(ConfinementError, match="no Landlock"):
        run(tmp_path, folder, "true")


def test_a_start_that_the_kernel_refuses_names_its_setting(tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "switch").write_text("0")
    how = {str(tmp_path / "switch"): ("0", "sysctl user.max_user_namespaces=10000")}
    monkeypatch.setattr(requirements, "SWITCHES", how)

    def fail(_: int) -> None:
        raise OSError(errno.EPERM, "unshare: Operation not permitted")

    for name in ("unshare", "unshare_as_owner"):
        monkeypatch.setattr(joining.kernel, name, fail)
    with pytest.raises(ConfinementError, match=r"not started: .*not permitted; .* sysctl user.max_user_namespaces=10000"):
        run(tmp_path, folder, "true")


def test_a_log_that_cannot_be_written_or_that_the_command_may_write_refuses_the_start(tmp_path: Path, folder: Path) -> None:
    with pytest.raises(ConfinementError, match="nothing runs unrecorded"):
        run(tmp_path, folder, "true", log=Path("/proc/no-such/events.jsonl"))
    with pytest.raises(InputError) as raised:
        run(tmp_path, folder, "true", log=folder / "events.jsonl")
    assert "may write to" in raised.value.problems[0].what


def test_an_event_that_cannot_be_written_ends_the_command(tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(EventLog, "write", fail)
    with pytest.raises(ConfinementError, match="its supervisor failed"):
        run(tmp_path, folder, "bash", "-c", "echo x > started")
    assert not (folder / "started").exists()


def test_a_task_and_a_folder_that_the_profile_does_not_have_are_refused(tmp_path: Path, folder: Path) -> None:
    with pytest.raises(InputError) as raised:
        run(tmp_path, folder, "true", task="deploy")
    assert raised.value.problems[0].fix == "name one of review"
    with pytest.raises(InputError) as raised:
        run(tmp_path, folder, "true", files={"readOnly": ["/usr"], "readWrite": []})
    assert "is not granted by the profile" in raised.value.problems[0].what


def echo(listener: socket.socket, process: int, profile: Any, events: Any, **more: Any) -> None:
    """Answer each connection with the network that the session's init process has."""
    events.write({"served": profile.stack, "task": more["task"]})
    while True:
        connection, _ = listener.accept()
        with connection:
            table = Path(f"/proc/{process}/net/tcp").read_text()
            connection.sendall(f"{'0100007F:0C38' in table} {more['task']}".encode())


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr("containment.local_proxy.serve.serve", echo)
    path = "containment.local_proxy.termination.authority.create_authority"
    monkeypatch.setattr(path, lambda profile: SimpleNamespace(certificate=f"for {profile.stack}\n".encode()))
    yield
    children = Path("/proc/self/task") / str(os.getpid()) / "children"
    assert children.read_text().split() == [], "the server ended with the session"


@pytest.mark.usefixtures("server")
def test_the_proxy_is_the_only_way_out(tmp_path: Path, folder: Path) -> None:
    text = (
        "import os, socket\n"
        "address = os.environ['HTTPS_PROXY'].removeprefix('http://').split(':')\n"
        "print(socket.create_connection((address[0], int(address[1])), 20).recv(100).decode())\n"
        "print(sorted(name for name in os.environ if name.lower().endswith('_proxy')))\n"
        "for place in (('169.254.169.254', 80), ('192.0.2.1', 443)):\n"
        "  try: socket.create_connection(place, 2)\n"
        "  except OSError as error: print(error.errno)\n"
    )
    (folder / "ask.py").write_text(text)
    printed = shell(tmp_path, folder, "python3 ask.py", task="review").splitlines()
    assert printed[0] == "True review"
    assert printed[1] == str(sorted(name for upper in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY") for name in (upper, upper.lower())))
    assert printed[2:] == [str(errno.ENETUNREACH)] * 2


@pytest.mark.usefixtures("server")
@pytest.mark.parametrize("requests", [None, ["GET /**"]])
def test_the_command_trusts_the_authority_of_its_session_where_requests_are_limited(
    tmp_path: Path, folder: Path, requests: list[str] | None
) -> None:
    entry = build_document()["egress"][0] | {"requests": requests}
    text = shell(tmp_path, folder, 'cat "$SSL_CERT_FILE"; cat "$SSL_CERT_FILE" > again; cat again', egress=[entry])
    bundle = find_bundle()
    before = bundle.read_text() if bundle else ""
    assert text == 2 * (before + ("for dev\n" if requests else ""))
    assert not list(Path("/tmp").glob(f"trust-{os.getpid()}-*")), "nothing is left"


@pytest.mark.usefixtures("server")
def test_a_profile_that_the_proxy_refuses_leaves_no_network(tmp_path: Path, folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    broken = {"program": "/usr/bin/curl", "scheme": "https", "host": "not a host", "networks": [], "ports": [{"first": 1, "last": 2}]}
    text = "import socket\ntry: print('served', socket.create_connection(('127.0.0.1', 3128), 20).recv(9))\nexcept OSError: pass\n"
    (folder / "ask.py").write_text(text)
    printed = shell(tmp_path, folder, "python3 ask.py", egress=[{**broken, "requests": None}])
    assert "served b'True" not in printed
    assert "the local proxy ended" in capfd.readouterr().err
    entry = {**broken, "requests": ["GET /**"]}
    assert "served b'True" not in shell(tmp_path, folder, 'cat "$SSL_CERT_FILE" > /dev/null; python3 ask.py', egress=[entry])
