"""Connections of a rendering against the firewall's rules, for destinations of every kind that a stack can name."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from containment.analysis.proofs import ProofStatus
from containment.config.spec import ContainmentSpec
from containment.loaders.stack_file import read_stack
from containment.renderings.boundary import build_boundary
from containment.renderings.kinds import RenderingKind
from containment.renderings.proofs import RenderingProver, prove_stack
from containment.renderings.render import render
from containment.sandbox.section import TARGETS, SandboxSection
from tests.containment.renderings.artifacts import library
from tests.support.child import REPOSITORY

WHO = {"owner": "platform-team", "reason": "needed by a test"}
API = {"cidrs": ["10.200.1.0/28"], "ports": [5432, "8000-8010"], **WHO}
EVERYTHING: dict[str, Any] = {
    "approvedSaasApiDomains": ["*.acme.example", "crm.example.com"],
    "approvedMcpGatewayDomains": ["mcp.example.com"],
    "identityAndTelemetryDomains": ["login.acme.example"],
    "osUpdateDomains": ["security.ubuntu.com"],
    "approvedModelGatewayCidrs": ["10.201.0.0/28"],
    "approvedInternalApis": {"records": API},
    "tlsDecryptionUrls": ["paths.example.org/v1/*", "paths.example.org/status"],
    "awsInfraDomains": ["sqs.us-east-1.amazonaws.com"],
    "enablePublicReference": True,
    "controllerVersion": "9.0.10",
}
SECTION = {
    "read": [{"path": "/usr", **WHO}],
    "tasks": [{"name": "work", "tools": ["a.read"], **WHO}],
    "programs": [
        {"path": "/usr/bin/curl", **WHO, "egress": [{"to": one, **({"tasks": ["work"]} if "mcp" in one else {})} for one in TARGETS]}
    ],
    "runtimePaths": WHO,
}


def spec_of(**more: Any) -> ContainmentSpec:
    values = {**EVERYTHING, **more}
    options = {key: value if isinstance(value, str) else json.dumps(value) for key, value in values.items()}
    spec = read_stack("open-demo-monitor", options, REPOSITORY, library())
    return replace(spec, preset=spec.preset.model_copy(update={"sandbox": SandboxSection.model_validate(SECTION)}))


@pytest.mark.parametrize("endpoints", [True, False])
def test_every_kind_of_destination_is_rendered_and_proved(endpoints: bool) -> None:
    spec = spec_of(createSsmVpcEndpoints=endpoints)
    boundary = build_boundary(spec, library())
    assert boundary.unused == ()
    assert {str(one.endpoint.host) for one in boundary.permissions.egress} >= {"*.acme.example", "paths.example.org", "None"}
    proofs = prove_stack(spec, library())
    assert [proof for proof in proofs if proof.verdict is ProofStatus.BROKEN] == []
    assert len([proof for proof in proofs if proof.verdict is ProofStatus.PROVED]) > 15


@pytest.mark.parametrize("url", ["paths.example.org/*", "paths.example.org/v2/*", "other.example.org/v1/*"])
def test_a_url_outside_of_the_decrypted_ones_is_found_by_both_limits(url: str) -> None:
    spec = spec_of()
    document = json.loads(render(RenderingKind.WEBGROUPS, spec, library()))
    rule = next(one for one in document["rules"] if one["urls"])
    rule["urls"].append(url if not url.endswith("org/*") else "paths.example.org/v*")
    proofs = RenderingProver(spec, library()).prove_rendering(RenderingKind.WEBGROUPS, json.dumps(document), "file")
    broken = {proof.id: proof.shown for proof in proofs if proof.verdict is ProofStatus.BROKEN}
    assert set(broken) == {"connections", "firewall"}


def test_any_content_to_a_host_whose_urls_alone_are_permitted_is_found() -> None:
    spec = spec_of()
    document = json.loads(render(RenderingKind.LAUNCHER, spec, library()))
    found = next(one for one in document["egress"] if one["host"] == "paths.example.org")
    found["requests"] = None
    proofs = RenderingProver(spec, library()).prove_rendering(RenderingKind.LAUNCHER, json.dumps(document), "file")
    assert {proof.id for proof in proofs if proof.verdict is ProofStatus.BROKEN} == {"connections", "firewall"}


def test_the_firewall_denies_a_neighbor_and_a_port_of_an_internal_api() -> None:
    spec = spec_of()
    document = json.loads(render(RenderingKind.LAUNCHER, spec, library()))
    found = next(one for one in document["egress"] if one["networks"] == ["10.200.1.0/28"])
    found["networks"], found["ports"] = ["10.200.1.0/27"], [{"first": 22, "last": 22}]
    proofs = RenderingProver(spec, library()).prove_rendering(RenderingKind.LAUNCHER, json.dumps(document), "file")
    shown = {proof.id: proof.shown for proof in proofs if proof.verdict is ProofStatus.BROKEN}
    assert ":22" in shown["firewall"][0][1]
    assert ":22" in shown["connections"][0][1]
