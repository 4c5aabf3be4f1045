"""A hostile server costs its own tools, with a clear error and in bounded time: never the gateway, and never an unreviewed description."""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from containment.tools.processes import find_guard
from tests.containment.tool_scopes.scopes import make_scope, make_task
from tests.containment.tools.gateways import LIMITS, Trial, make_hostile, open_trial


def _run(mode: str, trial: Any, **limits: Any) -> None:
    async def run() -> None:
        scope = make_scope(make_hostile(mode), tasks={"looking": make_task("look")})
        async with open_trial(scope, "looking", limits=replace(LIMITS, call_seconds=1.0, **limits)) as one:
            await trial(one)

    asyncio.run(run())


def test_the_control_answers() -> None:
    async def trial(one: Trial) -> None:
        assert await one.list_names() == ["look"]
        assert await one.call("look", what="x") == "seen"

    _run("polite", trial)


@pytest.mark.parametrize(
    ("mode", "rule", "words"),
    [
        ("huge", "size-limit", "more than 1048576 bytes"),
        ("huge-line", "size-limit", "more than 1048576 bytes"),
        ("bad-json", "server-unusable", "not JSON"),
        ("repeated-key", "server-unusable", "twice"),
        ("no-result", "server-unusable", "no result of a call"),
        ("slow", "server-unusable", "no reply within 1 s"),
        ("dies", "server-unusable", "it ended"),
        ("link", "server-unusable", "resource_link"),
    ],
)
def test_a_broken_reply_is_a_clear_error(mode: str, rule: str, words: str) -> None:
    async def trial(one: Trial) -> None:
        error = await one.refuse("look", what="x")
        assert error.data["rule"] == rule
        assert words in error.message
        assert one.log.get_outcomes()[-1] == ("failed", rule)

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    _run(mode, trial)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000, "kilobytes: what a server sends is not collected"


@pytest.mark.parametrize("mode", ["changes", "changed-silently", "schema-changes"])
def test_a_description_that_changes_in_the_session_is_not_shown_and_the_tool_refused(mode: str) -> None:
    async def trial(one: Trial) -> None:
        assert await one.list_names() == ["look"]
        assert await one.call("look") == "seen"
        assert await one.list_names() == []
        error = await one.refuse("look")
        assert error.data["rule"] == "tool-changed"
        assert "attacker.example" not in error.message

    _run(mode, trial)


def test_an_announced_change_is_verified_before_the_next_call_without_a_list() -> None:
    async def trial(one: Trial) -> None:
        assert await one.call("look") == "seen"
        assert (await one.refuse("look")).data["rule"] == "tool-changed"

    _run("changes", trial)


@pytest.mark.parametrize(("mode", "rule"), [("twice", "tool-changed"), ("unicode", "tool-changed")])
def test_a_second_tool_of_the_name_and_invisible_characters_are_refused(mode: str, rule: str) -> None:
    async def trial(one: Trial) -> None:
        assert await one.list_names() == []
        assert (await one.refuse("look")).data["rule"] == rule

    _run(mode, trial)


def test_look_alikes_of_a_reviewed_tool_are_neither_shown_nor_called() -> None:
    async def trial(one: Trial) -> None:
        assert await one.list_names() == ["look"]
        for name in ("l\u043e\u043ek", "look\u200b", "Look"):
            assert (await one.refuse(name)).data["rule"] == "unknown-tool"

    _run("look-alike", trial)


@pytest.mark.parametrize(
    ("mode", "words"), [("many", "more than 500 tools"), ("endless-pages", "20 pages"), ("silent", "no answer within 1 s")]
)
def test_a_list_without_an_end_is_a_clear_error(mode: str, words: str) -> None:
    async def trial(one: Trial) -> None:
        assert words in (await one.refuse("look")).message

    _run(mode, trial, start_seconds=1.0 if mode == "silent" else 60.0)


def test_a_server_cannot_ask_for_samples_passwords_or_folders() -> None:
    async def trial(one: Trial) -> None:
        assert await one.call("look") == "[true, true, true]"

    _run("asks", trial)


def test_a_flood_on_standard_error_stops_nothing() -> None:
    async def trial(one: Trial) -> None:
        assert await one.call("look") == "seen"

    _run("noisy", trial)


def test_a_server_that_ends_again_and_again_is_given_up() -> None:
    async def trial(one: Trial) -> None:
        for _ in range(3):
            assert "out of memory" not in (await one.refuse("look")).message, "words of the server are for the log alone"
            assert "out of memory" in one.log.events[-1]["message"]
        assert "is not started again" in (await one.refuse("look")).message

    _run("dies", trial)


def test_other_servers_go_on_when_one_is_hostile() -> None:
    async def run() -> None:
        polite = make_hostile("polite").model_copy(update={"name": "polite"})
        tool = polite.tools[0]
        slow = make_hostile("slow").model_copy(update={"tools": (tool.model_copy(update={"name": "peer"}),)})
        scope = make_scope(slow, polite, tasks={"looking": make_task("look", "peer")})
        async with open_trial(scope, "looking", limits=replace(LIMITS, call_seconds=1.0)) as one:
            assert await one.list_names() == ["look"]
            assert await one.call("look") == "seen"

    asyncio.run(run())


_HOLDER = """
import anyio, sys
from containment.tools.processes import run_server
async def run():
    async with run_server(sys.argv[1:], 1 << 20, lambda *_, **__: None):
        print("started", flush=True)
        await anyio.sleep(600)
anyio.run(run)
"""


@pytest.mark.skipif(not find_guard(), reason="setpriv is not installed")
def test_no_server_outlives_a_gateway_that_is_killed(tmp_path: Path) -> None:
    mark = f"mark-{tmp_path.name}-{os.getpid()}"
    server = [sys.executable, "-c", "import time; time.sleep(600)", mark]
    with subprocess.Popen([sys.executable, "-c", _HOLDER, *server], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == "started\n"
        assert len(_find_processes(mark)) == 2, "the gateway and its server"
        holder.kill()
    deadline = time.monotonic() + 30
    while _find_processes(mark) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert _find_processes(mark) == []


def _find_processes(mark: str) -> list[str]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if mark.encode() in (folder / "cmdline").read_bytes().split(b"\0"):
                found.append(folder.name)
    return found
