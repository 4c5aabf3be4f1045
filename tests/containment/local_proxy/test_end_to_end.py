"""Real programs in a real network namespace reach what their entry of the profile permits, and nothing else."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from containment.sandbox.profile import LauncherProfile, format_profile
from tests.containment.local_proxy.machine import ATTACKER, HOST, PRIVATE, WEB
from tests.containment.local_proxy.samples import make_entry, make_profile
from tests.containment.local_proxy.world import PYTHON, World, find_refusal, split_answer, start_world

pytestmark = [pytest.mark.namespaces, pytest.mark.slow, pytest.mark.skipif(bool(find_refusal()), reason=find_refusal())]
CURL = "/usr/bin/curl"
NAMES = {
    "web.example.com": [WEB],
    "curl.example.com": [WEB],
    "inside.example.com": [PRIVATE],
    "private.example.com": [PRIVATE],
    "rebound.example.com": [WEB, "127.0.0.1"],
    "metadata.example.com": ["169.254.169.254"],
    "own.example.com": [HOST],
    "attacker.example": [ATTACKER],
}
PERMITTED = ("web", "inside", "private", "rebound", "metadata", "own", "missing", "slow")
API = {"scheme": "tcp", "host": None, "networks": ["10.20.0.0/24"]}


def make_world_profile(copy: str) -> LauncherProfile:
    return make_profile(
        make_entry(CURL, host="web.example.com"),
        make_entry(CURL, host="curl.example.com"),
        make_entry(CURL, **API, ports=[{"first": 8080, "last": 8080}], requests=["GET /v1/*", "POST /v1/orders"]),
        make_entry(copy, host="web.example.com"),
        *(make_entry(PYTHON, host=f"{name}.example.com") for name in PERMITTED if name != "inside"),
        make_entry(PYTHON, host="inside.example.com", networks=["10.20.0.0/24"]),
        make_entry(PYTHON, host="limited.example.com", requests=["GET /**"]),
        make_entry(PYTHON, **API, ports=[{"first": 7000, "last": 7000}]),
        programs=(CURL, PYTHON, copy),
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("proxy")


@pytest.fixture(scope="module")
def copy(folder: Path) -> str:
    """A listed program that tests may replace: bash, which opens connections by itself."""
    shutil.copy("/bin/bash", folder / "listed")
    return str(folder / "listed")


@pytest.fixture(scope="module")
def shared(folder: Path, copy: str) -> Iterator[World]:
    with start_world(folder, make_world_profile(copy), NAMES, task="review", connections_per_process=20, lookup_seconds=3) as world:
        yield world


@pytest.fixture
def world(shared: World) -> World:
    """The module's machine; events of earlier tests are left out."""
    shared.read_events()
    return shared


def run_python(world: World, text: str, *words: str) -> str:
    """Run Python in the sandbox, with `connect(host)` for a tunnel by way of the proxy."""
    done = world.run(PYTHON, "-c", f"{_TUNNEL}\n{text}", *words)
    assert done.returncode == 0, done.stderr
    return done.stdout


_TUNNEL = """
import json, os, socket, ssl, subprocess, sys, time
def connect(host, family=socket.AF_INET):
    sock = socket.socket(family)
    sock.settimeout(15)
    sock.connect(("::ffff:127.0.0.1" if family == socket.AF_INET6 else "127.0.0.1", 3128))
    sock.sendall(f"CONNECT {host} HTTP/1.1\\r\\nHost: {host}\\r\\n\\r\\n".encode())
    return sock
def read(sock):
    out = b""
    try:
        while data := sock.recv(65536):
            out += data
    except OSError as error:
        out += type(error).__name__.encode()
    return out.decode("latin-1")
"""


def test_permitted_programs_reach_their_host_and_are_recorded_with_program_policy_and_bytes(world: World, copy: str) -> None:
    done = world.curl("https://web.example.com/hello")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["head"].startswith("GET /hello HTTP/1.1")
    opened, closed = world.read_events()
    digest = hashlib.sha256(format_profile(make_world_profile(copy)).encode()).hexdigest()
    for event in (opened, closed):
        assert event["class_uid"] == 4001
        assert event["actor"]["process"]["file"]["path"] == CURL
        assert event["policy"]["uid"] == f"sha256:{digest}"
        assert event["unmapped"]["task"] == "review"
        assert event["dst_endpoint"]["hostname"] == "web.example.com"
    assert (opened["activity_name"], closed["activity_name"]) == ("Open", "Close")
    assert closed["dst_endpoint"]["ip"] == WEB
    assert closed["traffic"]["bytes_out"] > 400
    assert closed["traffic"]["bytes_in"] > 400
    assert opened["connection_info"]["uid"] == closed["connection_info"]["uid"]


def test_a_denied_program_host_or_port_gets_a_403_at_once_and_nothing_is_looked_up(world: World) -> None:
    before = world.read_received()
    for host, rule in (
        ("attacker.example:443", "default-deny"),
        ("curl.example.com:443", "program-without-egress"),
        ("web.example.com:22", "port-not-listed"),
        (f"{WEB}:443", "address-not-listed"),
        ("169.254.169.254:80", "address-not-listed"),
        ("2852039166:80", "malformed-request"),
    ):
        status, answer = world.ask(host)
        assert (status, answer["rule"]) == (400 if rule.startswith("malformed") else 403, rule)
    assert world.curl("https://attacker.example/").returncode == 56, "curl reports that the tunnel failed"
    assert world.curl("-o", "/dev/null", "-w", "%{http_connect}", "https://attacker.example/").stdout == "403"
    assert {*world.read_lookups()} <= {f"{name}.example.com" for name in (*PERMITTED, "curl")}
    assert world.read_received() == before


def test_a_program_is_known_by_its_file_and_not_by_its_name(world: World, folder: Path) -> None:
    shutil.copy(CURL, folder / "curl")
    ask = ("-sS", "-o", "/dev/null", "-w", "%{http_connect}", "-x", "http://127.0.0.1:3128", "https://web.example.com/")
    assert world.run("bash", "-c", f'exec -a {CURL} "$@"', "-", str(folder / "curl"), *ask).stdout == "403"
    mounted = f'mount --make-rprivate / && mount --bind {folder}/curl {CURL} && exec {CURL} "$@"'
    assert world.run("unshare", "--mount", "sh", "-c", mounted, "-", *ask).stdout == "403"
    assert [one["firewall_rule"]["name"] for one in world.read_events()] == ["program-not-listed", "program-unknown"]


def test_a_deleted_or_replaced_program_is_not_that_program(world: World, folder: Path, copy: str) -> None:
    request = (
        "exec 3<>/dev/tcp/127.0.0.1/3128; printf 'CONNECT web.example.com:443 HTTP/1.0\\r\\n\\r\\n' >&3; "
        'read -r -n 12 line <&3; echo "$line"'
    )
    assert world.run(copy, "-c", request).stdout == "HTTP/1.1 200\n"
    replace = f"mv {copy} {folder}/kept; cp {folder}/kept {copy}; {request}"
    moved = world.run(copy, "-c", replace)
    shutil.move(folder / "kept", copy)
    deleted = world.run(copy, "-c", f"cp {copy} {folder}/kept; rm {copy}; {request}")
    shutil.move(folder / "kept", copy)
    assert (moved.stdout, deleted.stdout) == ("HTTP/1.1 403\n", "HTTP/1.1 403\n"), moved.stderr + deleted.stderr


def test_every_process_that_shares_a_connection_has_to_be_permitted(world: World) -> None:
    before = run_python(
        world,
        """
sock = socket.create_connection(("127.0.0.1", 3128))
child = subprocess.Popen(["/bin/sleep", "30"], pass_fds=[sock.fileno()])
sock.sendall(b"CONNECT web.example.com:443 HTTP/1.1\\r\\nHost: web.example.com:443\\r\\n\\r\\n")
print(read(sock)); child.kill()
""",
    )
    assert split_answer(before.replace("\r\n", "\n"))[1]["rule"] == "program-not-listed"
    after = run_python(
        world,
        """
sock = connect("web.example.com:443")
assert sock.recv(100).startswith(b"HTTP/1.1 200")
child = subprocess.Popen(["/bin/sleep", "30"], pass_fds=[sock.fileno()])
try:
    ssl.create_default_context().wrap_socket(sock, server_hostname="web.example.com")
except ssl.SSLError as error:
    print(error.reason)
child.kill()
""",
    )
    assert "UNRECOGNIZED_NAME" in after
    assert [one["firewall_rule"]["name"] for one in world.read_events()][-1] == "program-not-listed"


def test_a_socket_of_the_other_family_is_attributed_as_well(world: World) -> None:
    found = run_python(world, 'print(connect("web.example.com:443", socket.AF_INET6).recv(12).decode())')
    assert found.strip() == "HTTP/1.1 200"


def test_a_thread_with_its_own_descriptors_is_found(world: World) -> None:
    found = run_python(
        world,
        """
import ctypes, threading
def work():
    ctypes.CDLL(None).unshare(0x400)
    print(connect("web.example.com:443").recv(12).decode())
thread = threading.Thread(target=work); thread.start(); thread.join()
""",
    )
    assert found.strip() == "HTTP/1.1 200"


def test_the_server_name_of_tls_is_the_host_of_the_tunnel(world: World) -> None:
    before = [one for one in world.read_received() if one.get("names") == ["attacker.example"]]
    found = run_python(
        world,
        """
for name in ("attacker.example", None):
    context = ssl.create_default_context(); context.check_hostname = False; context.verify_mode = ssl.CERT_NONE
    sock = connect("web.example.com:443"); sock.recv(100)
    try:
        context.wrap_socket(sock, server_hostname=name)
    except ssl.SSLError as error:
        print(error.reason)
""",
    )
    assert found.split() == ["TLSV1_UNRECOGNIZED_NAME", "TLSV1_UNRECOGNIZED_NAME"]
    assert [one["firewall_rule"]["name"] for one in world.read_events() if one["activity_name"] == "Refuse"] == ["server-name"] * 2
    assert [one for one in world.read_received() if one.get("names") == ["attacker.example"]] == before


@pytest.mark.parametrize(
    ("name", "status", "rule"),
    [
        ("private", 403, "special-purpose-address"),
        ("rebound", 403, "special-purpose-address"),
        ("metadata", 403, "special-purpose-address"),
        ("own", 403, "special-purpose-address"),
        ("missing", 502, "name-not-resolved"),
    ],
)
def test_a_permitted_name_with_an_inner_address_is_refused(world: World, name: str, status: int, rule: str) -> None:
    before = world.read_received()
    found, answer = world.ask(f"{name}.example.com:443")
    assert (found, answer["rule"]) == (status, rule)
    assert world.read_received() == before


def test_a_private_address_that_the_entry_lists_is_reached(world: World) -> None:
    found = run_python(world, 'print(connect("inside.example.com:443").recv(12).decode())')
    assert found.strip() == "HTTP/1.1 200"


def test_requests_in_clear_text_are_compared_with_the_listed_ones(world: World) -> None:
    before = len(world.read_received())
    assert json.loads(world.curl(f"http://{PRIVATE}:8080/v1/orders?x=1").stdout)["head"].startswith("GET /v1/orders?x=1 ")
    posted = json.loads(world.curl("-d", "x" * 3000, "-H", "Expect:", f"http://{PRIVATE}:8080/v1/orders").stdout)
    assert posted["body"] == "x" * 3000
    for words in (("-X", "DELETE", f"http://{PRIVATE}:8080/v1/orders"), (f"http://{PRIVATE}:8080/admin",)):
        status, answer = split_answer(world.curl("-i", *words).stdout)
        assert (status, answer["rule"]) == (403, "request-not-listed")
    assert split_answer(world.curl("-i", "http://web.example.com/").stdout)[1]["rule"] in ("clear-text", "port-not-listed")
    assert len(world.read_received()) == before + 2


def test_egress_with_listed_requests_is_refused_where_tls_hides_them(world: World) -> None:
    status, answer = world.ask("limited.example.com:443")
    assert (status, answer["rule"]) == (403, "content-not-visible")
    assert "gateway" in answer["howToAsk"]


def test_a_direction_that_ends_leaves_the_other_one_open(world: World) -> None:
    found = run_python(
        world,
        f"""
sock = connect("{PRIVATE}:7000"); sock.recv(100)
for _ in range(80):
    sock.sendall(b"x" * 65536)
sock.shutdown(socket.SHUT_WR)
print(read(sock))
""",
    )
    assert found.strip() == f"{80 * 65536} bytes"


def test_clients_that_keep_connections_open_or_wait_for_names_do_not_stop_others(world: World) -> None:
    text = """
held = [socket.create_connection(("127.0.0.1", 3128)) for _ in range(60)]
names = [connect("slow.example.com:443") for _ in range(3)]
print("ready", flush=True); time.sleep(30)
"""
    enter = ("nsenter", f"--target={world.init}", "--net", "--pid", "--mount", "--", PYTHON, "-c", f"{_TUNNEL}\n{text}")
    other = subprocess.Popen(enter, stdout=subprocess.PIPE, text=True)
    try:
        assert other.stdout
        assert other.stdout.readline() == "ready\n"
        assert world.curl("https://web.example.com/").returncode == 0
    finally:
        other.kill()
        other.wait()
    assert "too-many-connections" in [one["firewall_rule"]["name"] for one in world.read_events()]


def test_no_connection_is_made_without_a_record(world: World, folder: Path) -> None:
    assert stat.S_ISCHR(Path("/dev/full").stat().st_mode)
    before = (world.read_received(), world.read_lookups())
    (folder / "full").touch()
    try:
        assert split_answer(world.curl("-i", f"http://{PRIVATE}:8080/v1/orders").stdout)[1]["rule"] == "no-record"
        assert world.ask("web.example.com:443")[1]["rule"] == "no-record"
    finally:
        (folder / "full").unlink()
    assert (world.read_received(), world.read_lookups()) == before
    assert world.curl("https://web.example.com/").returncode == 0


def test_tls_without_connect_is_closed_and_recorded(world: World) -> None:
    done = world.run(CURL, "-sS", "--max-time", "10", "https://127.0.0.1:3128/")
    assert "unrecognized name" in done.stderr
    assert [one["firewall_rule"]["name"] for one in world.read_events()] == ["tls-without-connect"]


def test_there_is_no_way_around_the_proxy(world: World) -> None:
    before = world.read_received()
    for address in (WEB, HOST, PRIVATE):
        assert world.run(CURL, "-sS", "--noproxy", "*", "--max-time", "5", f"http://{address}/").returncode == 7
    assert world.read_received() == before


STREAM = f"""
sock = connect("{PRIVATE}:7000"); sock.recv(100)
print("ready", flush=True)
try:
    while True:
        sock.sendall(b"x" * 1000); time.sleep(0.01)
except OSError as error:
    print(type(error).__name__)
"""


@pytest.mark.parametrize("killed", ["proxy", "sandbox"])
def test_when_proxy_or_sandbox_is_killed_nothing_leaves(tmp_path: Path, killed: str) -> None:
    with start_world(tmp_path, make_world_profile("/bin/none"), NAMES) as world:
        enter = ("nsenter", f"--target={world.init}", "--net", "--mount", "--", PYTHON, "-c", f"{_TUNNEL}\n{STREAM}")
        client = subprocess.Popen(enter, stdout=subprocess.PIPE, text=True)
        try:
            assert client.stdout
            assert client.stdout.readline() == "ready\n"
            namespace = os.open(f"/proc/{client.pid}/ns/net", os.O_RDONLY)
            os.kill(world.host if killed == "proxy" else world.init, signal.SIGKILL)
            assert client.stdout.readline().strip() in ("BrokenPipeError", "ConnectionResetError")
        finally:
            client.kill()
            client.wait()
        again = ("nsenter", f"--net=/proc/self/fd/{namespace}", CURL, "-sS", "--max-time", "5", "-x", "http://127.0.0.1:3128")
        done = subprocess.run([*again, "https://web.example.com/"], capture_output=True, check=False, pass_fds=[namespace])
        os.close(namespace)
        assert done.returncode != 0
        if killed == "sandbox":
            assert world.process.stdout
            assert world.process.stdout.readline() == "served\n"
            assert [one["activity_name"] for one in world.read_events()] == ["Open", "Close"]
            assert world.process.wait(timeout=20) == 0
