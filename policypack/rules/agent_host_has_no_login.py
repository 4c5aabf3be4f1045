"""Nobody logs in to an agent host: no key pair, no key of anybody's in its user data, no serial console.

Operators come in through Session Manager, which asks who they are and writes down what they did.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from containment.model.fqdn import Match
from policypack.finding import Fault, Rule, Scope, Severity
from policypack.graph import Graph, Resource
from policypack.hosts import find_hosts, unseen_faults
from policypack.known_types import (
    COMPUTE,
    INSTANCES,
    LAUNCH_CONFIGURATION,
    LAUNCH_TEMPLATE,
    NODE_GROUP,
    SERIAL_CONSOLE,
    SPOT_FLEET,
    TEMPLATES,
)
from policypack.plain import UNKNOWN, field, is_false, is_some, items
from policypack.user_data import texts

_AUTHORIZED = re.compile(
    r"(?mi)^\s*-?\s*['\"]?(ssh_authorized_keys|ssh-authorized-keys|ssh_import_id)['\"]?\s*:|\bauthorized_keys\b.*(ssh-|ecdsa-|sk-)"
)
_PUBLIC_KEY = re.compile(r"\b(ssh-(rsa|dss|ed25519)|ecdsa-sha2-\S+|sk-(ssh|ecdsa)-\S+) AAAA[A-Za-z0-9+/]{16}")
_KEY_FILE = "authorized_keys"


def check_resource(resource: Resource, _seen: Sequence[Resource] = ()) -> list[Fault]:
    """Return the logins that one instance, template or account setting states."""
    return [Fault(resource.urn, what) for what in _stated(resource)]


def check_stack(graph: Graph) -> list[Fault]:
    """Return the logins to agent hosts, and the console of their account."""
    hosts = find_hosts(graph)
    holders = [one for host in hosts for one in (host.resource, *host.templates)]
    found = [fault for one in (*holders, *(graph.of(SERIAL_CONSOLE) if hosts else ())) for fault in check_resource(one)]
    return list(dict.fromkeys([*found, *unseen_faults(graph)]))


def _stated(resource: Resource) -> Iterator[str]:
    if resource.type == SERIAL_CONSOLE:
        if is_false(resource.get("enabled")) is not Match.YES:
            yield "lets whoever may ask for it in over the serial console of every instance: enabled is not false"
        return
    if resource.type not in (*COMPUTE, *TEMPLATES):
        return
    for path, value in _key_names(resource):
        if is_some(value) is not Match.NO:
            yield f"takes a key pair: {path} is {'not known before the update' if value is UNKNOWN else value}"
    for path, text in texts(resource):
        if _AUTHORIZED.search(text) or (_KEY_FILE in text and _PUBLIC_KEY.search(text)):
            yield f"lets somebody's SSH key in: {path} has authorized keys"


def _key_names(resource: Resource) -> Iterator[tuple[str, Any]]:
    if resource.type in (*INSTANCES, LAUNCH_TEMPLATE, LAUNCH_CONFIGURATION):
        yield "keyName", resource.get("keyName")
    if resource.type == SPOT_FLEET:
        blocks = enumerate(items(resource.get("launchSpecifications")))
        yield from ((f"launchSpecifications[{number}].keyName", field(one, "keyName")) for number, one in blocks)
    if resource.type == NODE_GROUP:
        yield "remoteAccess.ec2SshKey", field(resource.get("remoteAccess"), "ec2SshKey")


RULE = Rule(
    id="agent-host-has-no-login",
    severity=Severity.HIGH,
    info="Nobody can log in to an agent host with a key pair, a key in its user data, or over the serial console.",
    why="a key is a way in that no policy sees, for whoever holds it, and says nothing of who used it",
    fix="leave keyName and authorized keys out, set SerialConsoleAccess enabled: false; operators come in through Session Manager",
    ids=("NIST SP 800-53 AC-17",),
    check_resource=check_resource,
    check_stack=check_stack,
    scope=Scope.STATED,
)
