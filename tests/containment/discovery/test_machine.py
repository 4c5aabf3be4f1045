"""On a machine with planted agents everything is found, nothing is executed or contacted, and no secret is printed."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from containment.discovery.inventory import Mark, Reader
from containment.exit_code import Exit
from tests.containment.discovery.machine import LITERAL, LOGGED, NAMED
from tests.containment.discovery.planted import LISTED, SECRETS

Machine = dict[str, Any]


def find_missing(machine: Machine, found: dict[str, Any]) -> set[str]:
    """Return the planted things that a discovery did not find, by kind."""
    missing = set[str]()
    names = {(one["name"], one["file"]) for one in found["mcpServers"]}
    missing |= {"configurations" for planted in machine["servers"].items() if planted not in names}
    missing |= {"skills" for name in machine["skills"] if not any(one["name"] == name and one["digest"] for one in found["skills"])}
    peers = {(one["address"], one["certainty"]) for one in found["connections"]}
    wanted = {(NAMED, "named"), (LOGGED, "named"), (LITERAL, "address without a name"), ("127.0.0.1", "port of a local model server")}
    missing |= {"connections"} if wanted - peers else set()
    marks = {one["pid"]: set(one["marks"]) for one in found["processes"]}
    pids = machine["pids"]
    for planted, mark in (("inline code", Mark.INLINE_CODE), ("deleted", Mark.DELETED), ("unconfigured", Mark.MCP)):
        missing |= {planted} if mark not in marks.get(pids[planted], set()) else set()
    contained = [one for one in found["processes"] if Mark.CONTAINED in one["marks"] and one["parent"] == pids["container"]]
    missing |= set() if contained else {"container"}
    if "renamed" in pids:
        missing |= {"renamed"} if Mark.RENAMED not in marks.get(pids["renamed"], set()) else set()
        missing |= {"harness"} if not any(one["pid"] == pids["renamed"] for one in found["harnesses"]) else set()
    if not any(one["pid"] == pids["unconfigured"] for one in found["mcpProcesses"]):
        missing.add("unconfigured server")
    if not any(one["port"] == 11434 and one["title"] == "Ollama" for one in found["listeners"]):
        missing.add("listener")
    return missing


@pytest.mark.long
def test_everything_planted_is_found(machine: Machine) -> None:
    assert len(machine["servers"]) >= LISTED
    assert find_missing(machine, machine["found"]) == set()
    if "renamed" not in machine["pids"]:
        pytest.skip("node is not installed: the renamed runtime was not planted")


@pytest.mark.parametrize("reader", Reader)
def test_a_reader_that_is_left_out_is_missed_and_counted(machine: Machine, reader: Reader) -> None:
    if reader is Reader.HARNESSES and "renamed" not in machine["pids"]:
        pytest.skip("node is not installed: no harness was planted")
    found = machine["dropped"][reader.value]
    assert find_missing(machine, found) != set()
    assert any(one["reader"] == reader.value and one["reason"] == "was left out" for one in found["notSeen"])


def test_a_server_that_runs_is_joined_with_its_configuration(machine: Machine) -> None:
    (running,) = [one for one in machine["found"]["mcpServers"] if one["name"] == "running"]
    assert running["pids"] == [machine["pids"]["configured"]]
    assert machine["pids"]["configured"] not in [one["pid"] for one in machine["found"]["mcpProcesses"]]


def test_children_of_a_harness_are_found(machine: Machine) -> None:
    if "renamed" not in machine["pids"]:
        pytest.skip("node is not installed: no harness was planted")
    children = [one for one in machine["found"]["processes"] if one["parent"] == machine["pids"]["renamed"]]
    assert [one["command"][-1] for one in children if Mark.CHILD in one["marks"]] == ["602"]


def test_connections_name_their_process(machine: Machine) -> None:
    owners = {one["address"]: one["pid"] for one in machine["found"]["connections"]}
    assert {owners[one] for one in (NAMED, LOGGED, LITERAL)} == {machine["pids"]["client"]}


def test_inside_a_container_only_its_own_processes_are_seen(machine: Machine) -> None:
    found = machine["found"]
    assert found["view"]["isOwnNamespace"]
    assert not any("608" in one["command"] for one in found["processes"]), "a process outside the namespace"
    assert any("not visible from here" in line for line in json.loads(machine["outputs"]["json"])["assumptions"])


def test_nothing_found_was_executed_or_contacted(machine: Machine) -> None:
    assert machine["markers"] == []
    if machine["trace"] is None:
        pytest.skip("strace is not installed: NOT TESTED by tracing")
    calls = re.findall(r"^\d+ +(\w+)\((.*)$", machine["trace"], re.MULTILINE)
    assert len([name for name, _ in calls if name.startswith("execve")]) == 1, "the command itself"
    assert [text for name, text in calls if name in ("fork", "vfork") or (name.startswith("clone") and "CLONE_THREAD" not in text)] == []
    assert [text for name, text in calls if name in ("connect", "sendto", "sendmsg", "sendmmsg")] == []


@pytest.mark.parametrize("form", ["table", "json", "markdown", "csv", "ocsf"])
def test_no_output_has_a_secret(machine: Machine, form: str) -> None:
    text = machine["outputs"][form]
    assert "server-0" in text
    assert [where for where, value in SECRETS.items() if value in text] == []


def test_secrets_are_named(machine: Machine) -> None:
    (one,) = [each for each in machine["found"]["mcpServers"] if each["name"] == "server-0"]
    assert {"env TOKEN", "--api-key"} <= {*one["secrets"]}
    assert not any("REGION" in name for name in one["secrets"]), "a reference to a variable is no secret"


def test_what_a_plain_user_cannot_read_is_counted_and_not_none(machine: Machine) -> None:
    found = machine["unprivileged"]
    assert found["exitCode"] == Exit.INCONCLUSIVE
    assert {one["reader"] for one in found["notSeen"]} >= {"processes", "connections"}
    assert all(one["count"] >= 1 and one["reason"] for one in found["notSeen"])


def test_everything_undeclared_is_a_difference(machine: Machine) -> None:
    document = json.loads(machine["outputs"]["json"])
    assert document["exitCode"] == Exit.NO
    kinds = {one["subject"] for one in document["differences"]}
    wanted = {"program", "mcp-server", "mcp-process", "skill", "model-connection", "listener"}
    assert kinds >= wanted | ({"harness"} if "renamed" in machine["pids"] else set())
    literal = [one for one in document["differences"] if LITERAL in one["reason"]]
    assert [one["isCertain"] for one in literal] == [False], "what an address without a name is, is not known"
