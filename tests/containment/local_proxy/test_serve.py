"""The proxy serves one sandbox while its first process runs, within its bounds, and refuses to start for an unknown task."""

from __future__ import annotations

import socket
import subprocess
import threading
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from containment.errors import InputError
from containment.local_proxy.bounds import Bounds
from containment.local_proxy.serve import serve
from tests.containment.local_proxy.samples import make_entry, make_profile

PROFILE = make_profile(make_entry())


class ListedEvents(list[Mapping[str, Any]]):
    def write(self, event: Mapping[str, Any]) -> None:
        self.append(event)


@pytest.fixture
def process() -> Iterator[subprocess.Popen[bytes]]:
    child = subprocess.Popen(["sleep", "60"])
    yield child
    child.kill()
    child.wait()


def test_connections_beyond_the_bound_are_refused_with_one_event_and_the_proxy_ends_with_the_process(
    process: subprocess.Popen[bytes],
) -> None:
    events = ListedEvents()
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)
    address = listener.getsockname()
    thread = threading.Thread(target=serve, args=(listener, process.pid, PROFILE, events), kwargs={"bounds": Bounds(connections=3)})
    thread.start()
    held = [socket.create_connection(address, timeout=20) for _ in range(3)]
    answers = []
    for _ in range(5):
        with socket.create_connection(address, timeout=20) as client:
            answers.append(client.recv(12))
    process.kill()
    thread.join(timeout=20)
    assert not thread.is_alive()
    assert answers == [b"HTTP/1.1 503"] * 5
    full = [one for one in events if one["firewall_rule"]["name"] == "too-many-connections"]
    assert 1 <= len(full) < 5
    assert all(client.recv(1) == b"" for client in held), "every connection ends with the sandbox"


def test_a_task_that_the_profile_does_not_have_is_refused(process: subprocess.Popen[bytes]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, pytest.raises(InputError) as refused:
        serve(listener, process.pid, PROFILE, ListedEvents(), task="reviews")
    assert "review" in refused.value.problems[0].fix


def test_a_process_that_does_not_exist_is_refused(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()
    with socket.create_server(("127.0.0.1", 0)) as listener, pytest.raises(OSError, match="No such"):
        serve(listener, process.pid, PROFILE, ListedEvents())
