"""The stand-in sends what the real provider 9.0.10 sent (tests/controller_conversation), write by write.

The recorded program is deployed and destroyed once more, through the stand-in; uuids, sessions and request ids are
blanked. Reads may differ, and so may the order of what does not depend on each other.
"""

from __future__ import annotations

import json
import re
import urllib.parse
from pathlib import Path
from typing import Any

import pytest

from containment_lab.providers.aviatrix.client import Client

RECORDINGS = next(folder for folder in Path(__file__).parents if folder.name == "tests") / "controller_conversation" / "9.0.10"
INTERNET = "def000ad-0000-0000-0000-000000000001"
ANYWHERE = "def000ad-0000-0000-0000-000000000000"
BEFORE_UI = "defa11a1-3000-4001-0000-000000000000"
OWN_UUID = re.compile(r"(?!def000ad|defa11a1)[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
READING = ("get_", "list_", "show_", "check_task_status", "login")


def fields_of(kind: str, body: str) -> dict[str, Any]:
    """Return what a request says, whatever its encoding; empty fields (the provider sends some) count as not sent."""
    if "multipart" in kind:
        fields: dict[str, Any] = dict(re.findall(r'name="(\w+)"\r\n\r\n(.*?)\r\n--', body, re.DOTALL))
    elif "json" in kind:
        fields = json.loads(body)
    else:
        fields = dict(urllib.parse.parse_qsl(body))
    return {key: value for key, value in fields.items() if value != "" and key != "CID"}


def written(method: str, path: str, kind: str, body: str) -> str:
    """Return a write in a form that compares, or nothing for a read."""
    if method == "GET":
        return ""
    fields = fields_of(kind, body) if body else {}
    if str(fields.get("action", "")).startswith(READING):
        return ""
    for rule in fields.get("policies", ()):
        for key in ("src_ads", "dst_ads", "web_filters"):
            if key in rule:
                rule[key] = sorted(rule[key])
    text = f"{method} {path} {json.dumps(fields, sort_keys=True)}"
    # The recorded stand-in gave every point the same built-in uuid; the simulator gives each its own.
    text = re.sub(r'("attachment_point": \{"name": "[^"]*", "uuid": )"[^"]*"', r'\1"*"', text)
    return OWN_UUID.sub("*", text)


def recorded(phase: str) -> list[str]:
    lines = [json.loads(line) for line in (RECORDINGS / f"{phase}.jsonl").read_text().splitlines()]
    return sorted(filter(None, (written(each["method"], each["path"], each["content_type"], each["body"]) for each in lines)))


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Collect the writes that the provider sends."""
    seen: list[str] = []
    send = Client._send

    def spy(self: Client, method: str, url: str, **request: Any) -> Any:
        kind, body = request.get("headers", {}).get("Content-Type", ""), (request.get("body") or b"").decode()
        if write := written(method, urllib.parse.urlsplit(url).path, kind, body):
            seen.append(write)
        return send(self, method, url, **request)

    monkeypatch.setattr(Client, "_send", spy)
    return seen


def deploy(engine: Any) -> list[Any]:
    """Make the recorded program's resources, and return them in the order of their making."""
    made = []

    def make(kind: str, name: str, /, **inputs: Any) -> Any:
        made.append(engine.of(kind, name))
        made[-1].create(**inputs)
        return made[-1]

    make("configFeature", "dcf", featureName="microseg", isEnabled=True)
    gateway = {"accountName": "aws-acct", "cloudType": 1, "gwName": "vca-gw", "gwSize": "t3.medium", "subnet": "10.42.0.0/24"}
    gateway |= {"vpcId": "vpc-1", "vpcReg": "us-east-1", "singleIpSnat": True, "enableEncryptVolume": True, "manageHaGateway": False}
    make("spokeGateway", "gw", **gateway)
    tags = {"Role": "openclaw-agent-harness", "AgentStack": "coding-monitor"}
    selector = {"matchExpressions": [{"type": "vm", "tags": tags}, {"cidr": "10.42.10.0/24"}]}
    agent = make("smartGroup", "agent", name="coding-monitor-sg-agent-workload", selector=selector).id
    webs = {}
    for name, hosts in (("wg-unapproved", ["api.openai.com", "api.anthropic.com"]), ("wg-good", ["integrate.api.nvidia.com"])):
        selector = {"matchExpressions": [{"snifilter": host} for host in hosts]}
        webs[name] = make("webGroup", name, name=name, selector=selector).id
    none = "CERTIFICATE_VALIDATION_NONE"
    tls = make("dcfTlsProfile", "tls", displayName="vca", certificateValidation=none, verifySni=True).id

    def rule(name: str, action: str, priority: int, **more: Any) -> dict[str, Any]:
        own = {"name": f"vca-openclaw-{name}", "action": action, "priority": priority, "protocol": "TCP", "logging": True}
        own |= {"srcSmartGroups": [agent], "dstSmartGroups": [INTERNET], "portRanges": [{"lo": 443, "hi": 443}]}
        return {**own, **more}

    rules = [
        rule("shadow-model-deny", "DENY", 10, webGroups=[webs["wg-unapproved"]], watch=True),
        rule("allow-model-gateways", "PERMIT", 40, webGroups=[webs["wg-good"]], flowAppRequirement="TLS_REQUIRED", tlsProfile=tls),
        rule("default-deny", "DENY", 200, protocol="ANY", portRanges=[], watch=True, dstSmartGroups=[ANYWHERE]),
    ]
    make(
        "dcfPolicyGroup",
        "platform",
        name="agents",
        attachTo=BEFORE_UI,
        attachmentPoints=[{"name": "agents-coding-monitor", "priority": 10}],
    )
    make("dcfRuleset", "rules", name="coding-monitor", rules=rules)
    make("distributedFirewallingPolicyList", "list", policies=rules)
    make("distributedFirewallingDefaultActionRule", "last", action="DENY", logging=True)
    make("remoteSyslog", "siem", index=5, name="siem", server="10.0.0.5", port=6514, protocol="TCP")
    return made


def test_every_write_is_the_real_providers(engine: Any, sent: list[str]) -> None:
    made = deploy(engine)
    assert sorted(sent) == recorded("1-up")
    for thing in made:
        inputs = dict(thing.inputs)
        assert thing.refresh()
        assert thing.diff(**inputs) == (set(), set())
    sent.clear()
    for thing in reversed(made):
        thing.delete()
    assert sorted(sent) == recorded("5-destroy")


def test_the_writes_of_the_recording_are_many(sent: list[str]) -> None:
    """The comparison above compares something."""
    assert [len(recorded(phase)) for phase in ("1-up", "2-no-change", "5-destroy")] == [11, 0, 11]
    assert len(set(recorded("1-up"))) == 11
