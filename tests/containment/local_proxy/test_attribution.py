"""A connection leads to one socket, by the kernel's table and by its direct answer alike; what cannot be examined has no program."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from ipaddress import ip_address
from pathlib import Path

import pytest

from containment.local_proxy import attribution
from containment.local_proxy.attribution import Attribution, AttributionError, Holder, ProcessTable
from containment.local_proxy.bounds import Bounds
from containment.local_proxy.slots import Slots
from containment.local_proxy.socket_diagnosis import SocketDiagnosis
from containment.local_proxy.socket_table import find_inode

TABLE = """  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:0C38 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 11 1 0000 100 0 0 10 0
   1: 0100007F:9C40 0100007F:0C38 01 00000000:00000000 00:00000000 00000000     0        0 12 1 0000 20 4 30 10 -1
   2: 0100007F:0C38 0100007F:9C40 01 00000000:00000000 00:00000000 00000000     0        0 13 1 0000 20 4 30 10 -1
   3: 0100007F:9C41 0100007F:0C38 06 00000000:00000000 00:00000000 00000000     0        0 0 1 0000 20 4 30 10 -1
  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid
   0: 0000000000000000FFFF00000100007F:9C42 0000000000000000FFFF00000100007F:0C38 01 00000000:00000000 00:00000000 00000000 0 0 14 1 0
   1: 00000000000000000000000001000000:9C43 00000000000000000000000001000000:0C38 01 00000000:00000000 00:00000000 00000000 0 0 15 1 0
   2: broken
"""
PROXY = (ip_address("127.0.0.1"), 3128)


@pytest.mark.skipif(sys.byteorder != "little", reason="the sample table is of a little-endian machine")
@pytest.mark.parametrize(
    ("local", "remote", "inode"),
    [
        (("127.0.0.1", 40000), ("127.0.0.1", 3128), 12),
        (("127.0.0.1", 3128), ("127.0.0.1", 40000), 13),
        (("127.0.0.1", 40001), ("127.0.0.1", 3128), None),
        (("127.0.0.1", 40002), ("127.0.0.1", 3128), 14),
        (("::1", 40003), ("::1", 3128), 15),
        (("127.0.0.1", 40009), ("127.0.0.1", 3128), None),
    ],
)
def test_the_table_has_the_clients_end_of_a_connection(local: tuple[str, int], remote: tuple[str, int], inode: int | None) -> None:
    assert find_inode(TABLE, (ip_address(local[0]), local[1]), (ip_address(remote[0]), remote[1])) == inode


@pytest.mark.parametrize(("family", "address"), [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")])
def test_both_ways_find_the_socket_that_the_process_has_open(
    family: socket.AddressFamily, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    try:
        listener = socket.create_server((address, 0), family=family)
    except OSError as error:
        pytest.skip(f"no {address} here: {error}")
    with listener, socket.create_connection(listener.getsockname()[:2]) as client, listener.accept()[0] as served:
        ends = client.getsockname()[:2], served.getsockname()[:2]
        expected = os.fstat(client.fileno()).st_ino
        monkeypatch.setattr(attribution, "_open_diagnosis", lambda _: None)
        assert ProcessTable(os.getpid()).find_socket(*ends) == expected
        try:
            direct = SocketDiagnosis("/proc/self/ns/net")
        except PermissionError:
            pytest.skip("needs the right to enter a network namespace")
        assert direct.find_inode(*((ip_address(one[0]), one[1]) for one in ends)) == expected
        assert direct.find_inode((ip_address(address), 1), (ip_address(address), 2)) is None


def test_a_connection_without_a_socket_has_no_program() -> None:
    with pytest.raises(AttributionError, match="no socket"):
        ProcessTable(os.getpid()).find_socket(("127.0.0.1", 1), ("127.0.0.1", 2))


def test_a_process_that_cannot_be_examined_leaves_the_connection_without_a_program(monkeypatch: pytest.MonkeyPatch) -> None:
    table = ProcessTable(os.getpid())
    with socket.socket() as mine:
        inode = os.fstat(mine.fileno()).st_ino
        monkeypatch.setattr(table, "_list_processes", lambda: iter([f"/proc/{os.getpid()}"]))
        assert table.find_holders(inode).programs == (str(Path("/proc/self/exe").readlink()),)

        def refuse(*_: object) -> bool:
            raise AttributionError("cannot be examined")

        monkeypatch.setattr(attribution, "_has_descriptor", refuse)
        assert table.find_holders(inode) == Attribution(problem="cannot be examined")


def test_no_process_with_the_socket_is_no_program() -> None:
    child = subprocess.Popen(["sleep", "60"])
    try:
        table = ProcessTable(child.pid)
        found = table.find_holders(1)
        assert found.holders == ()
        assert found.problem
    finally:
        child.kill()
        child.wait()


def test_one_program_or_process_cannot_take_all_places() -> None:
    slots = Slots(Bounds(connections=10, connections_per_program=3, connections_per_process=2))
    one, two, three = (Attribution((Holder(pid, "/usr/bin/curl"),)) for pid in (1, 2, 3))
    assert slots.take(one) is None
    assert slots.take(one) is None
    assert "process 1" in str(slots.take(one))
    assert slots.take(two) is None
    assert "/usr/bin/curl has 3" in str(slots.take(three))
    assert slots.take(Attribution((Holder(4, "/usr/bin/git"),))) is None
    slots.give_back(one)
    assert slots.take(three) is None


def test_places_of_connections_that_ended_are_free_again() -> None:
    slots = Slots(Bounds(connections=2))
    assert [slots.take_any() for _ in range(3)] == [True, True, False]
    slots.give_back_any()
    assert slots.take_any()


def test_processes_outside_are_examined_once_in_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    table = ProcessTable(os.getpid())
    table._namespaces = {"net": "net:[0]", "pid": "pid:[0]"}
    monkeypatch.setattr(table, "_may_be_inside", lambda _: False)
    examined = list[str]()
    real = os.readlink

    def read(path: str) -> str:
        examined.append(path)
        return real(path)

    monkeypatch.setattr(os, "readlink", read)
    assert list(table._list_processes()) == []
    first = len([one for one in examined if "/ns/" in one])
    assert list(table._list_processes()) == []
    assert first > 0
    assert len([one for one in examined if "/ns/" in one]) - first < first
    table._outside_until = 0.0
    examined.clear()
    assert list(table._list_processes()) == []
    assert len(examined) > first // 2, "a number that is given again is examined again"
