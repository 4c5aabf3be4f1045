"""The unit starts the launcher as a user without rights, and each directive that it leaves out has a reason."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from containment.confinement.filesystem.landlock import read_version
from containment.confinement.requirements import find_confinement_refusal
from containment.errors import InputError
from containment.launcher.settings import Settings, parse_settings
from containment.launcher.unit import LEFT_OUT, SOCKET, USER, build_network_unit, build_unit
from tests.containment.launcher.profiles import build_document, write_profile

_LACKING = (
    find_confinement_refusal()
    or next((f"{name} is not installed" for name in ("strace", "systemd-analyze") if not shutil.which(name)), "")
    or ("" if read_version() else "this kernel has no Landlock")
)
MOST_EXPOSURE = 1.5


def settings() -> Settings:
    return parse_settings(json.dumps(build_document()), "p.json")


def unit(*command: str) -> str:
    return build_unit(
        settings(), ("--profile", Path("/etc/containment/profile.json")), command or ("bash",), task="review", folder=Path("/srv/agent")
    )


def values(text: str, name: str) -> list[str]:
    return [line.partition("=")[2] for line in text.splitlines() if line.startswith(f"{name}=")]


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not installed: the exposure is NOT TESTED")
@pytest.mark.parametrize("text", [unit(), build_network_unit()], ids=["launcher", "network"])
def test_the_exposure_is_at_most_the_wanted_one(tmp_path: Path, text: str) -> None:
    assert measure_exposure(tmp_path, text) <= MOST_EXPOSURE
    weaker = text.replace("ProtectSystem=strict\n", "").replace("CapabilityBoundingSet=\n", "").replace("PrivateUsers=yes\n", "")
    assert measure_exposure(tmp_path, weaker) > MOST_EXPOSURE, "a missing directive is found"


def measure_exposure(folder: Path, text: str) -> float:
    path = folder / "agent.service"
    path.write_text(text)
    words = ["systemd-analyze", "security", "--offline=true", "--no-pager", str(path)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    found = re.search(r"Overall exposure level for agent.service: ([0-9.]+)", done.stdout)
    assert found, done.stderr
    return float(found[1])


@pytest.mark.skipif(bool(_LACKING), reason=f"{_LACKING}: the system calls of the launcher are NOT TESTED against the unit")
def test_the_unit_permits_every_system_call_of_the_launcher(tmp_path: Path) -> None:
    trace, log = tmp_path / "trace", tmp_path / "events.jsonl"
    launcher = [sys.executable, "-m", "containment.launcher", "run", "--quiet", "--profile", str(write_profile(tmp_path))]
    command = [*launcher, "--event-log", str(log), "--", "bash", "-c", "cat /etc/passwd; python3 -c 'import socket, threading'"]
    used = trace_calls(trace, command)
    assert {"landlock_restrict_self", "seccomp", "setns", "pivot_root"} <= used
    assert used - find_permitted_calls(values(unit(), "SystemCallFilter")) == set()


@pytest.mark.skipif(bool(_LACKING), reason=f"{_LACKING}: the system calls of the network service are NOT TESTED against its unit")
def test_the_units_of_the_network_permits_every_system_call_of_its_service(tmp_path: Path) -> None:
    text = (
        "import socket, sys, threading, time\nfrom pathlib import Path\n"
        "from containment.launcher.network import network_service as service\n"
        "path = Path(sys.argv[1])\nthreading.Thread(target=service.serve_connections, args=(path,), daemon=True).start()\n"
        "while not path.is_socket(): time.sleep(0.01)\nwhile True:\n"
        "  try: print(service.ask_addresses(path, 'localhost')); break\n  except ConnectionRefusedError: time.sleep(0.01)\n"
        "try: service.ask_connection(path, '127.0.0.1', 9)\nexcept OSError: pass\nimport os; os._exit(0)\n"
    )
    used = trace_calls(tmp_path / "trace", [sys.executable, "-c", text, str(tmp_path / "socket")])
    assert {"bind", "accept4", "sendmsg", "recvmsg"} <= used
    assert used - find_permitted_calls(values(build_network_unit(), "SystemCallFilter")) == set()


def trace_calls(trace: Path, command: list[str]) -> set[str]:
    """Return the names of the system calls of a command and of everything that it starts."""
    subprocess.run(["strace", "-f", "-qq", "-e", "signal=none", "-o", str(trace), *command], check=True, capture_output=True)
    return {*re.findall(r"^\d+ +([a-z_0-9]+)\(", trace.read_text(), re.MULTILINE)}


def find_permitted_calls(filters: list[str]) -> set[str]:
    """Return the system calls that lines of SystemCallFilter permit."""
    listed = subprocess.run(["systemd-analyze", "syscall-filter", "--no-pager"], capture_output=True, text=True, check=True).stdout
    groups: dict[str, set[str]] = {}
    for line in listed.splitlines():
        if line.startswith("@"):
            groups[line.strip()] = members = set()
        elif line.strip() and not line.strip().startswith("#"):
            members.add(line.strip())

    def expand(word: str) -> set[str]:
        return set().union(*map(expand, groups[word])) if word.startswith("@") else {word}

    permitted: set[str] = set()
    for line in filters:
        found = set().union(*map(expand, line.removeprefix("~").split()))
        permitted = permitted - found if line.startswith("~") else permitted | found
    return permitted


def test_the_launcher_has_no_rights_and_the_limits_of_the_profile() -> None:
    text = unit()
    assert values(text, "User") == [USER]
    assert values(text, "CapabilityBoundingSet") == [""]
    assert values(text, "NoNewPrivileges") == ["yes"]
    assert values(text, "TasksMax") == ["72"]
    assert values(text, "MemoryMax") == [str((1 << 30) + (1 << 24) + (1 << 24))]
    assert values(text, "ReadWritePaths") == ["/srv/agent"]


def test_the_launcher_has_no_network_and_the_service_that_has_it_has_nothing_else() -> None:
    launcher, network = unit(), build_network_unit()
    assert f"--network {SOCKET}" in values(launcher, "ExecStart")[0]
    assert f"--socket {SOCKET}" in values(network, "ExecStart")[0]
    assert values(launcher, "Requires") == ["agent-network.service"]
    assert (values(launcher, "PrivateNetwork"), values(launcher, "IPAddressDeny")) == (["yes"], ["any"])
    assert (values(network, "RestrictNamespaces"), values(network, "CapabilityBoundingSet")) == (["yes"], [""])
    assert "169.254.169.254/32" in values(network, "IPAddressDeny")[0]


def test_what_would_prevent_confinement_is_left_out_with_its_reason() -> None:
    text = unit()
    for name, why in LEFT_OUT.items():
        assert values(text, name) == []
        assert f"# Not set: {name}, because {why}." in text


def test_words_of_the_command_arrive_as_they_are() -> None:
    (line,) = values(unit("bash", "-c", "echo \"$HOME\" %h \\ 'x'\ny", ""), "ExecStart")
    assert line.endswith('-- bash -c "echo \\"$$HOME\\" %%h \\\\ \'x\'\\ny" ""')
    assert "--task review --folder /srv/agent" in line


def test_a_program_a_task_and_a_folder_that_do_not_fit_are_refused_at_once() -> None:
    with pytest.raises(InputError) as raised:
        build_unit(settings(), ("--profile", Path("/p.json")), ("curl",), task="deploy", folder=Path("work"))
    assert len(raised.value.problems) == 3
    with pytest.raises(InputError) as raised:
        build_unit(settings(), ("--profile", Path("/p.json")), ("bash",), task=None, folder=Path("/home/someone/work"))
    assert raised.value.problems[0].fix == "use a folder such as /srv/work"
