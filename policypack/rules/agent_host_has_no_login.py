"""No login to an agent host: no key pair, no login in its user data, no serial console.

The rule searches every layer of user data for passwords, SSH keys, login servers, remote shells and tunnels (`facts.logins`).
Operators use Session Manager, which authenticates them and logs their sessions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

from containment.ternary import Ternary
from policypack.facts.hosts import find_hosts, find_unseen_versions
from policypack.facts.logins import cloud_config, commands
from policypack.facts.logins.forms import find_foreign_forms
from policypack.facts.user_data import find_holders, read_documents, read_texts
from policypack.finding import Rule, Scope, Severity, Violation
from policypack.graph import known_types as kt
from policypack.graph.plain_data import describe, get_field, get_items, is_false, is_some
from policypack.graph.resources import Graph, Resource

_PUBLIC_KEY: Final = re.compile(r"\b(ssh-(rsa|dss|ed25519)|ecdsa-sha2-\S+|sk-(ssh|ecdsa)-\S+) AAAA[A-Za-z0-9+/]{16}")
_KEY_LIST: Final = re.compile(r"(?mi)^\s*-?\s*['\"]?(ssh_authorized_keys|ssh-authorized-keys|ssh_import_id)['\"]?\s*:(?![ \t]*\[[ \t]*\])")


def check_resource(resource: Resource, _seen: Sequence[Resource] = ()) -> list[Violation]:
    """Return the logins that one instance, template or account setting opens."""
    return [Violation(resource.urn, what) for what in _find_logins(resource)]


def check_stack(graph: Graph) -> list[Violation]:
    """Return the logins to agent hosts, and the console of their account."""
    consoles = graph.find_by_type(kt.SERIAL_CONSOLE) if find_hosts(graph) else ()
    found = [fault for one in (*find_holders(graph), *consoles) for fault in check_resource(one)]
    return list(dict.fromkeys([*found, *find_unseen_versions(graph)]))


def _find_logins(resource: Resource) -> Iterator[str]:
    if resource.type == kt.SERIAL_CONSOLE:
        if is_false(resource.get("enabled")) is not Ternary.YES:
            yield "leaves the serial console of every instance open to operators of the account: enabled is not false"
        return
    if resource.type not in (*kt.COMPUTE, *kt.TEMPLATES, kt.TASK):
        return
    for path, value in _get_key_names(resource):
        if is_some(value) is not Ternary.NO:
            yield f"takes a key pair: {path} is {describe(value)}"
    for path, text in read_texts(resource):
        ways = [*commands.find_logins(text), *cloud_config.find_logins(text)]
        if not ways and (_KEY_LIST.search(text) or ("authorized_keys" in text and _PUBLIC_KEY.search(text))):
            ways = ["authorizes an SSH key"]
        yield from (f"{way}, in {path}" for way in ways)
    for path, document in read_documents(resource):
        yield from (f"{path} {what}" for what in find_foreign_forms(document))


def _get_key_names(resource: Resource) -> Iterator[tuple[str, Any]]:
    if resource.type in (*kt.INSTANCES, kt.LAUNCH_TEMPLATE, kt.LAUNCH_CONFIGURATION):
        yield "keyName", resource.get("keyName")
    if resource.type == kt.SPOT_FLEET:
        blocks = enumerate(get_items(resource.get("launchSpecifications")))
        yield from ((f"launchSpecifications[{number}].keyName", get_field(one, "keyName")) for number, one in blocks)
    if resource.type == kt.NODE_GROUP:
        yield "remoteAccess.ec2SshKey", get_field(resource.get("remoteAccess"), "ec2SshKey")


RULE = Rule(
    id="agent-host-has-no-login",
    severity=Severity.HIGH,
    info="An agent host has no login: no key pair, no password, SSH key, login server or tunnel in its user data, no serial console.",
    why="anyone with the key or password can log in: no policy of the program covers such a login, and no log shows who used it",
    fix="remove keyName, and from user data the commands that set a password, write authorized keys, start a login server or a tunnel;"
    " set SerialConsoleAccess enabled: false; operators use Session Manager",
    ids=("NIST SP 800-53 AC-17",),
    check_resource=check_resource,
    check_stack=check_stack,
    scope=Scope.STATED,
)
