"""Names of addresses come from the lines of every log that is read, and of no other line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from containment.discovery.connections import NameTable, Socket, find_connections, read_resolver_log
from containment.discovery.inventory import Certainty
from containment.discovery.known_data import load_model_ports
from containment.errors import InputError

QUERY = {
    "query_name": "models.example.com.",
    "answers": [{"Rdata": "203.0.113.9", "Type": "A"}, {"Rdata": "alias.example.com.", "Type": "CNAME"}],
}
EVENT = {"class_uid": 4001, "dst_endpoint": {"hostname": "models.example.com", "ip": "203.0.113.9", "port": 443}}


@pytest.mark.parametrize(
    "line",
    [
        json.dumps(QUERY),
        json.dumps(EVENT),
        "Nov 29 12:00:00 dnsmasq[7]: reply models.example.com is 203.0.113.9",
        "dnsmasq: cached Models.Example.COM is 203.0.113.9",
        "203.0.113.9 models.example.com",
        "models.example.com ::ffff:203.0.113.9",
    ],
)
def test_a_line_of_each_form_names_the_address(line: str, tmp_path: Path) -> None:
    table = NameTable()
    (tmp_path / "log").write_text(f"{line}\n")
    read_resolver_log(table, tmp_path / "log")
    assert {*table.find("203.0.113.9")} == {"models.example.com"}
    assert table.rejected == 0


def test_other_lines_are_counted(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("# comment\n\n{\nno name\n203.0.113.9 models.example.com\n")
    table = NameTable()
    read_resolver_log(table, tmp_path / "log")
    assert table.rejected == 2


@pytest.mark.parametrize("text", ["nothing\n", None])
def test_a_log_without_a_name_is_refused(text: str | None, tmp_path: Path) -> None:
    if text is not None:
        (tmp_path / "log").write_text(text)
    with pytest.raises(InputError, match="the resolver log is not read"):
        read_resolver_log(NameTable(), tmp_path / "log")


SERVER = Socket(pid=2, protocol="tcp", local=("0.0.0.0", 80), peer=None, status="LISTEN")


def judge(peer: tuple[str, int], *names: str, local: int = 40000, status: str = "ESTABLISHED") -> list[tuple[Certainty, str]]:
    """Return how a connection is listed, with names of its address."""
    table = NameTable()
    for name in names:
        table.add(peer[0], name, "/etc/hosts")
    socket = Socket(pid=1, protocol="tcp", local=("10.0.0.5", local), peer=peer, status=status)
    found = find_connections([socket, SERVER], {}, table, lambda name: "set" if name.startswith("model") else None, load_model_ports())
    return [(one.certainty, one.endpoint) for one in found]


def test_a_connection_is_listed_by_name_port_or_as_unknown() -> None:
    assert judge(("203.0.113.9", 443), "model.example.com") == [(Certainty.NAMED, "model.example.com")]
    assert judge(("203.0.113.9", 8443), "model.example.com") == [(Certainty.NAMED, "model.example.com")]
    assert judge(("203.0.113.9", 443), "cdn.example.com", "model.example.com") == [(Certainty.SHARED, "model.example.com")]
    assert judge(("203.0.113.9", 443)) == [(Certainty.UNNAMED, "")]
    assert judge(("127.0.0.1", 11434)) == [(Certainty.PORT, "Ollama")]


def test_other_connections_are_not_listed() -> None:
    assert judge(("203.0.113.9", 443), "www.example.com") == []
    assert judge(("203.0.113.9", 22)) == []
    assert judge(("127.0.0.1", 443)) == []
    assert judge(("203.0.113.9", 443), status="TIME_WAIT") == []
    assert judge(("203.0.113.9", 8000), local=80) == [], "a client of a server here"
    assert judge(("203.0.113.9", 40001), "model.example.com", local=80) == [], "a model that connects to here"
