"""The simulator says to every recorded request of the real provider what the provider needs to hear.

Recordings: `tests/controller_conversation`. Uuids, sessions and request ids that the simulator gives differ: they are
mapped. Compared, request by request: the status, and the answer's keys and JSON types, to any depth.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

RECORDINGS = next(folder for folder in Path(__file__).parents if folder.name == "tests") / "controller_conversation"
PHASES = ("1-up", "2-no-change", "3-enforce-and-add-domain", "4-refresh", "5-destroy")
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
WELL_KNOWN = ("def000ad-", "defa11a1-")


def without_phantoms(value: list[Any]) -> list[Any]:
    """Leave out the empty rules that provider 9.0.10 adds to a ruleset's update (AVX-80735); the simulator drops them."""
    return [each for each in value if not (isinstance(each, dict) and each.get("name") == "" and each.get("action") == "")]


def shape(value: Any) -> Any:
    """Return keys and types of a JSON value."""
    if isinstance(value, dict):
        return {key: shape(item) for key, item in value.items()}
    if isinstance(value, list):
        shapes = [shape(item) for item in without_phantoms(value)]
        return [each for index, each in enumerate(shapes) if each not in shapes[:index]]
    return type(value).__name__


def mapped(recorded: Any, ours: Any) -> dict[str, str]:
    """Return what each recorded id is with us, from two answers of the same shape."""
    if isinstance(recorded, dict) and isinstance(ours, dict):
        return {old: new for key in recorded.keys() & ours.keys() for old, new in mapped(recorded[key], ours[key]).items()}
    if isinstance(recorded, list) and isinstance(ours, list):
        pairs = zip(without_phantoms(recorded), ours, strict=False)
        return {old: new for one, other in pairs for old, new in mapped(one, other).items()}
    is_id = isinstance(recorded, str) and UUID.fullmatch(recorded) and not recorded.startswith(WELL_KNOWN)
    return {recorded: ours} if is_id and isinstance(ours, str) else {}


@pytest.mark.parametrize("provider", ["9.0.10", "10.1-dev"])
def test_every_recorded_request_is_answered_as_the_real_provider_needs(provider: str, start: Callable[..., Any]) -> None:
    simulator = start("--no-cloud", "--version", "99.0.0", gateway_seconds=0.8)
    ids: dict[str, str] = {}
    count = 0
    for phase in PHASES:
        for line in (RECORDINGS / provider / f"{phase}.jsonl").read_text().splitlines():
            recorded = json.loads(line)
            status, answer = replay(simulator, recorded, ids)
            told = f"{phase} {recorded['method']} {recorded['path']} {recorded['body'][:200]}"
            assert status == recorded["status"], (told, answer)
            assert shape(answer) == shape(recorded["answer"]), told
            ids |= mapped(recorded["answer"], answer)
            for key in ("CID", "results"):
                old = recorded["answer"].get(key) if isinstance(recorded["answer"], dict) else None
                if isinstance(old, str) and re.fullmatch(r"cid\d+|r\d", old):
                    ids[old] = answer[key]
                elif isinstance(old, dict) and "api_token" in old:
                    ids[old["api_token"]] = answer[key]["api_token"]
            count += 1
    assert count > 60
    left = simulator.inventory()
    assert not any(left[kind] for kind in ("app_domains", "policy_list", "rulesets", "groups", "tls_profiles", "gateways", "syslog"))
    assert left["default_action"]["action"] == "PERMIT"
    assert not left["features"]["microseg"]


def replay(simulator: Any, recorded: dict[str, Any], ids: dict[str, str]) -> tuple[int, Any]:
    """Send one recorded request; a task that is done in the recording is waited for, as the provider does."""

    def own(text: str) -> str:
        for old, new in ids.items():
            text = re.sub(rf"(?<![\w-]){re.escape(old)}(?![\w-])", new, text)
        return text

    body = own(recorded["body"]).encode()
    headers = {"content-type": recorded["content_type"]} if recorded["content_type"] else {}
    if "multipart" in recorded["content_type"]:
        headers["content-type"] += f"; boundary={body.splitlines()[0].decode().removeprefix('--')}"
    for header, key in (("Authorization", "authorization"), ("X-Access-Key", "x_access_key")):
        if recorded[key]:
            headers[header] = own(recorded[key])
    deadline = time.monotonic() + 20
    while True:
        status, answer = simulator.request(recorded["method"], own(recorded["path"]), body, **headers)
        waiting = isinstance(answer, dict) and answer.get("reason") == "REQUEST_IN_PROGRESS"
        if not waiting or recorded["answer"].get("reason") == "REQUEST_IN_PROGRESS" or time.monotonic() > deadline:
            return status, answer
        time.sleep(0.05)
