"""A confined command reaches the network by the local proxy only, each program what its entries permit, as root and as a plain user."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from containment.confinement.filesystem.landlock import read_version
from containment.confinement.requirements import find_confinement_refusal
from tests.containment.launcher.profiles import PROGRAMS, write_profile

REPOSITORY = Path(__file__).parents[4]
SERVER = "10.20.0.9"
OTHER = "10.30.0.9"
CURL = "/usr/bin/curl"
PLAIN = 48123
ENTRY = {
    "program": CURL,
    "scheme": "tcp",
    "host": None,
    "networks": ["10.20.0.0/24"],
    "ports": [{"first": 8080, "last": 8080}],
    "requests": ["GET /v1/*"],
}
MACHINE = """
set -eu
ip link set lo up
unshare --net sleep 600 &
there=$!
until [ "$(readlink /proc/$there/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.02; done
ip link add near type veth peer name far netns $there
ip address add 10.20.0.1/24 dev near
ip link set near up
ip route add 10.30.0.0/24 via {server}
nsenter --target=$there --net sh -c 'ip address add {server}/24 dev far; ip address add {other}/24 dev far; ip link set far up'
cd "$2"
nsenter --target=$there --net {python} -u -m http.server 8080 >serving 2>received &
until grep -q Serving serving; do sleep 0.05; done
{become} {python} -m containment.launcher run --profile "$1" --folder "$3" --event-log "$4" -- /usr/bin/bash -c "$5" </dev/null
"""
"""A machine on which the launcher runs, and a server on another one, at two addresses."""


def find_refusal() -> str:
    if os.geteuid():
        return "needs root to make network namespaces"
    return find_confinement_refusal() or ("" if read_version() else "this kernel has no Landlock")


pytestmark = [pytest.mark.namespaces, pytest.mark.slow, pytest.mark.skipif(bool(find_refusal()), reason=find_refusal())]


@dataclass(frozen=True)
class Done:
    """What a command printed, what the server received, and the events of the network."""

    code: int
    output: str
    received: str
    events: list[dict[str, Any]]


@pytest.fixture(params=[0, PLAIN], ids=["root", "plain"])
def user(request: pytest.FixtureRequest) -> int:
    return int(request.param)


def run(folder: Path, user: int, text: str) -> Done:
    """Run a shell text confined, on a machine of its own."""
    for name in ("site", "work", "log"):
        (folder / name).mkdir()
    (folder / "site" / "v1").mkdir()
    (folder / "site" / "v1" / "item").write_text("the item")
    profile = write_profile(folder, programs=[*PROGRAMS, CURL], egress=[ENTRY])
    for each in (folder, *folder.rglob("*")):
        os.chown(each, user, user)
    for parent in [folder, *folder.parents][:-2]:  # up to the folder for temporary files
        parent.chmod(parent.stat().st_mode | 0o755)
    become = "" if user == 0 else f"setpriv --reuid {user} --regid {user} --clear-groups"
    script = MACHINE.format(server=SERVER, other=OTHER, python=sys.executable, become=become)
    words = [profile, folder / "site", folder / "work", folder / "log" / "events.jsonl", text]
    done = subprocess.run(
        ["unshare", "--net", "--pid", "--fork", "--kill-child", "--mount-proc", "bash", "-c", script, "machine", *map(str, words)],
        capture_output=True,
        text=True,
        timeout=120,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(REPOSITORY), "HOME": str(folder)},
        check=False,
    )
    log = folder / "log" / "events.jsonl"
    events = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
    assert events, done.stderr
    return Done(done.returncode, done.stdout + done.stderr, (folder / "site" / "received").read_text(), events)


def test_each_program_reaches_what_its_entry_permits_and_nothing_goes_past_the_proxy(tmp_path: Path, user: int) -> None:
    python = f"import urllib.request as r; print(r.urlopen('http://{SERVER}:8080/v1/item').read())"
    text = f"""
    curl -sS -w ' %{{http_code}}\\n' http://{SERVER}:8080/v1/item
    curl -sS -w ' %{{http_code}}\\n' -X POST http://{SERVER}:8080/v1/item
    curl -sS -w ' %{{http_code}}\\n' http://{OTHER}:8080/v1/item
    curl -sS -w ' %{{http_code}}\\n' --noproxy '*' --max-time 5 http://{SERVER}:8080/v1/item
    python3 -c "{python}" 2>&1
    """
    done = run(tmp_path, user, text)
    assert "the item 200" in done.output, done.output
    assert re.findall(r"^ (\d{3})$", done.output, re.MULTILINE) == ["403", "403", "000"], done.output
    assert "HTTP Error 403" in done.output, done.output
    assert done.received.count("GET /v1/item") == 1
    assert "POST" not in done.received
    network = [one for one in done.events if one["class_uid"] == 4001]
    assert len([one for one in network if one["activity_name"] in ("Refuse", "Fail")]) >= 3, network
    digests = set(re.findall(r'"uid": "(sha256:\w+)"', json.dumps(done.events)))
    assert len(digests) == 1, "launcher and proxy name the policy alike"
    past = [one for one in done.events if one.get("unmapped", {}).get("system_call") == "connect"]
    assert [one["dst_endpoint"] for one in past] == [{"ip": SERVER, "port": 8080}], "the attempt past the proxy is recorded"
    assert past[0]["actor"]["process"]["file"]["path"] == CURL
    started = {one["process"]["file"]["path"] for one in done.events if one["class_uid"] == 1007 and "process" in one}
    assert {CURL, "/usr/bin/bash"} <= started


SENDER = f"""
import contextlib, ctypes, socket
made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for name in (made.sendto, lambda data, address: made.sendmsg([data], [], 0, address)):
    for address in (("{OTHER}", 53), ("127.0.0.1", 53)):
        with contextlib.suppress(OSError):
            name(b"x", address)
class Vector(ctypes.Structure):
    _fields_ = [("base", ctypes.c_char_p), ("length", ctypes.c_size_t)]
class Header(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), ("name_length", ctypes.c_uint), ("vectors", ctypes.c_void_p), ("count", ctypes.c_size_t),
                ("control", ctypes.c_void_p), ("control_length", ctypes.c_size_t), ("flags", ctypes.c_int),
                ("padding", ctypes.c_int), ("sent", ctypes.c_uint)]
vector = Vector(b"x", 1)
places = [bytes([2, 0, 0, port, *map(int, "{OTHER}".split(".")), *bytes(8)]) for port in (54, 55)]
headers = (Header * 2)(*(Header(each, 16, ctypes.addressof(vector), 1) for each in places))
ctypes.CDLL(None).sendmmsg(made.fileno(), headers, 2, 0)
"""


def test_datagrams_to_an_address_are_recorded_by_every_call_that_sends_them(tmp_path: Path, user: int) -> None:
    done = run(tmp_path, user, f"cat <<'END' >/tmp/sender.py\n{SENDER}\nEND\npython3 /tmp/sender.py")
    past = [one for one in done.events if one["class_uid"] == 4001]
    found = {(one["unmapped"]["system_call"], one["dst_endpoint"]["ip"], one["dst_endpoint"]["port"]) for one in past}
    assert found == {("sendto", OTHER, 53), ("sendmsg", OTHER, 53), ("sendmmsg", OTHER, 54), ("sendmmsg", OTHER, 55)}, done.output
    assert {one["firewall_rule"]["name"] for one in past} == {"no-route"}
