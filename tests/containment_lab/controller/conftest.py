"""A Controller simulator for each test module, as the lab starts it, and a small client for both dialects."""

from __future__ import annotations

import json
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from containment_lab.home import LabHome
from containment_lab.readiness import Readiness


class Simulator:
    """One simulator process and a session with it."""

    def __init__(self, root: Path, *options: str, **settings: Any) -> None:
        self.home = LabHome(root)
        self.options = options
        if settings:
            (root / "controller.json").write_text(json.dumps(settings))
        self.start()

    def start(self) -> None:
        command = [sys.executable, "-m", "containment_lab.controller", "--home", str(self.home.root), *self.options]
        self.home.get_log_file("controller").parent.mkdir(exist_ok=True)
        with self.home.get_log_file("controller").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        self.url = f"https://127.0.0.1:{self.home.get_ports().controller}"
        log_file = self.home.get_log_file("controller")
        alive = self.process.poll
        Readiness(what="the Controller", log=log_file, is_ready=lambda: bool(self.inventory()), is_alive=lambda: alive() is None).wait()
        self.log_in()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def request(self, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, Any]:
        trust = ssl.create_default_context(cafile=str(self.home.controller_ca))
        wanted = urllib.request.Request(self.url + path, data=body or None, method=method, headers=headers)
        try:
            with urllib.request.urlopen(wanted, context=trust, timeout=30) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    def log_in(self) -> None:
        answer = self.action("login", username="admin", password="pw")
        self.cid = answer["CID"]

    def action(self, name: str, **fields: Any) -> Any:
        form = {"action": name, **({"CID": self.cid} if name != "login" else {}), **fields}
        return self.request("POST", "/v2/api", urllib.parse.urlencode(form).encode())[1]

    def rest(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        sent = b"" if body is None else json.dumps(body).encode()
        kind = {"content-type": "application/json"} if sent else {}
        return self.request(method, f"/v2.5/api/{path}", sent, Authorization=f"cid {self.cid}", **kind)

    def inventory(self) -> Any:
        return self.request("GET", "/lab/inventory")[1]

    def fault(self, **fault: Any) -> None:
        status, answer = self.request("POST", "/lab/faults", json.dumps(fault).encode())
        assert status == 200, answer

    def set(self, **settings: float) -> Any:
        status, answer = self.request("PATCH", "/lab/settings", json.dumps(settings).encode())
        assert status == 200, answer
        return answer

    def done(self, task: Any) -> Any:
        """Wait for a task and return its last answer."""
        assert task["return"], task
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            answer = self.action("check_task_status", request_id=task["results"])
            if answer["return"] or answer["reason"] != "REQUEST_IN_PROGRESS":
                return answer
            time.sleep(0.05)
        raise AssertionError(f"the task is not done: {answer}")

    def smart_group(self, name: str = "agents", cidr: str = "10.42.10.0/24") -> str:
        return str(self.rest("POST", "app-domains", {"name": name, "selector": {"any": [{"all": {"cidr": cidr}}]}})[1]["uuid"])

    def web_group(self, name: str, *names: str) -> str:
        selector = {"any": [{"all": {"snifilter": each}} for each in names]}
        return str(self.rest("POST", "app-domains", {"name": name, "selector": selector})[1]["uuid"])


@pytest.fixture(scope="session")
def start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Simulator]]:
    """Start simulators, each in a home of its own; all are ended with the session."""
    running: list[Simulator] = []

    def begin(*options: str, **settings: Any) -> Simulator:
        running.append(Simulator(tmp_path_factory.mktemp("lab"), *options, **settings))
        return running[-1]

    yield begin
    for each in running:
        each.kill()


@pytest.fixture(scope="module")
def controller(start: Callable[..., Simulator]) -> Simulator:
    """A Controller without a cloud, DCF on."""
    simulator = start("--no-cloud", gateway_seconds=0.05)
    assert simulator.action("enable_controller_feature", feature="microseg")["return"]
    return simulator


@pytest.fixture(scope="module")
def place(start: Any) -> Iterator[tuple[Any, LabHome]]:
    """A Controller that looks after routes four times a second, and its cloud."""
    simulator = start(gateway_seconds=0.2, poll_seconds=0.25)
    home = simulator.home
    cloud = subprocess.Popen([sys.executable, "-m", "containment_lab.cloud", "--home", str(home.root)], stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while True:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{home.get_ports().aws}/lab/ready", timeout=5).close()
            break
        except OSError:
            assert cloud.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.1)
    yield simulator, home
    cloud.kill()
    cloud.wait()
