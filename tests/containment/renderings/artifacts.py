"""Rendered files of stacks, as mappings that can be edited and written back."""

from __future__ import annotations

import copy
import functools
import json
from typing import Any

import yaml

from containment.catalog.preset import Library
from containment.config.spec import ContainmentSpec
from containment.loaders.presets import load_library
from containment.loaders.stack_file import read_stack
from containment.renderings.kinds import RenderingKind
from containment.renderings.proofs import RenderingProver
from containment.renderings.render import render
from tests.support.child import REPOSITORY

OPTIONS = {
    "customer-support-monitor": {
        "approvedMcpGatewayDomains": '["mcp.example.com"]',
        "approvedSaasApiDomains": '["crm.example.com"]',
    }
}
"""Configuration of stacks, so that their classes have something to permit."""


@functools.cache
def library() -> Library:
    return load_library()


@functools.cache
def spec_of(stack: str, harness: str = "") -> ContainmentSpec:
    options = {**OPTIONS.get(stack, {}), **({"installMode": harness} if harness else {})}
    if harness and library().presets[stack.rpartition("-")[0]].strict_logging:
        waiver = {"harness": harness, "owner": "platform-team", "reason": "needed by a test", "until": "2099-12-31"}
        options["harnessWaivers"] = json.dumps([waiver] if harness != "none" else [])
    return read_stack(stack, options, REPOSITORY, library())


@functools.cache
def prover_of(stack: str) -> RenderingProver:
    return RenderingProver(spec_of(stack), library())


@functools.cache
def _text(kind: RenderingKind, stack: str) -> str:
    return render(kind, spec_of(stack), library())


def document_of(kind: RenderingKind, stack: str) -> dict[str, Any]:
    text = _text(kind, stack)
    found = yaml.safe_load(text) if kind is RenderingKind.OPENSHELL else json.loads(text)
    assert isinstance(found, dict)
    return copy.deepcopy(found)


def text_of(kind: RenderingKind, document: dict[str, Any]) -> str:
    return yaml.safe_dump(document, sort_keys=False) if kind is RenderingKind.OPENSHELL else json.dumps(document)


def edit(document: Any, at: list[Any], change: dict[str, Any]) -> None:
    """Apply one edit: `set` a value, `append` one to the list at that place, or `remove` what is there."""
    *above, last = at if "append" not in change else [*at, None]
    for step in above:
        if str(step).startswith("host="):
            document = next(one for one in document if one["host"] == step.removeprefix("host="))
        else:
            document = document[step]
    if "append" in change:
        document.append(change["append"])
    elif "remove" in change:
        del document[last]
    else:
        document[last] = change["set"]
