"""There is no login to an agent host: no key pair, no way in by its user data, no serial console.

User data opens a way in with passwords, SSH keys, login servers, remote shells and tunnels (`logins`), in whatever layer they
are. Operators come in through Session Manager, which authenticates them and logs what they do.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

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
    TASK,
    TEMPLATES,
)
from policypack.logins import cloud_config, commands
from policypack.plain import UNKNOWN, field, is_false, is_some, items
from policypack.user_data import holders_of, texts

_PUBLIC_KEY: Final = re.compile(r"\b(ssh-(rsa|dss|ed25519)|ecdsa-sha2-\S+|sk-(ssh|ecdsa)-\S+) AAAA[A-Za-z0-9+/]{16}")
_KEY_LIST: Final = re.compile(r"(?mi)^\s*-?\s*['\"]?(ssh_authorized_keys|ssh-authorized-keys|ssh_import_id)['\"]?\s*:")


def check_resource(resource: Resource, _seen: Sequence[Resource] = ()) -> list[Fault]:
    """Return the logins that one instance, template or account setting states."""
    return [Fault(resource.urn, what) for what in _stated(resource)]


def check_stack(graph: Graph) -> list[Fault]:
    """Return the logins to agent hosts, and the console of their account."""
    consoles = graph.of(SERIAL_CONSOLE) if find_hosts(graph) else ()
    found = [fault for one in (*holders_of(graph), *consoles) for fault in check_resource(one)]
    return list(dict.fromkeys([*found, *unseen_faults(graph)]))


def _stated(resource: Resource) -> Iterator[str]:
    if resource.type == SERIAL_CONSOLE:
        if is_false(resource.get("enabled")) is not Match.YES:
            yield "leaves the serial console of every instance open to operators of the account: enabled is not false"
        return
    if resource.type not in (*COMPUTE, *TEMPLATES, TASK):
        return
    for path, value in _key_names(resource):
        if is_some(value) is not Match.NO:
            yield f"takes a key pair: {path} is {'not known before the update' if value is UNKNOWN else value}"
    for path, text in texts(resource):
        ways = [*commands.logins_in(text), *cloud_config.logins_in(text)]
        if not ways and (_KEY_LIST.search(text) or ("authorized_keys" in text and _PUBLIC_KEY.search(text))):
            ways = ["lets somebody's SSH key in"]
        yield from (f"{way}, in {path}" for way in ways)


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
    info="An agent host has no login: no key pair, no password, SSH key, login server or tunnel in its user data, no serial console.",
    why="a login of its own is a way in that no policy sees, for whoever has the key or password, and no log shows who used it",
    fix="leave out keyName and whatever in user data sets a password, writes authorized keys, starts a login server or a tunnel; set"
    " SerialConsoleAccess enabled: false; operators come in through Session Manager",
    ids=("NIST SP 800-53 AC-17",),
    check_resource=check_resource,
    check_stack=check_stack,
    scope=Scope.STATED,
)
