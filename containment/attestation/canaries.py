"""The three canaries of an attestation, and the ways to run their script on the host: in the lab's network, or by Run Command.

They are a permitted destination, a destination denied by name, and a DNS query; each is found in the logs by its own marks.

Rules kept here: a canary carries nothing but its mark; the denied name is sent to a public server's address, so that it needs no lookup;
the queried name ends in `.invalid`, which no zone delegates.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Address
from typing import Any, Final, TypeAlias

from containment.config.spec import ContainmentSpec
from containment.errors import ContainmentError
from containment.host.facts import FORCED_ADDRESS, build_facts
from containment.host.host_file import FOLDER
from containment_lab.home import LabHome

PATIENCE: Final = 5
"""Seconds that a canary waits for an answer."""
_SENT: Final = re.compile(r"CANARY (permit|deny|dns) (\S+) (\S*) ?(\S*)$")


class CanaryKind(StrEnum):
    """The three canaries."""

    PERMIT = "permit"
    DENY = "deny"
    DNS = "dns"


@dataclass(frozen=True, slots=True)
class CanaryPlan:
    """The targets of one run; an empty name means that the stack has none. `resolver` is the VPC's."""

    nonce: str
    permitted: str
    denied: str
    queried: str
    resolver: IPv4Address

    def build_script(self) -> str:
        """Return a bash script that sends the canaries and prints one line per canary; it needs bash, curl and coreutils."""
        query = "".join(f"\\x{byte:02x}" for byte in _encode_query(self.queried))
        lines = ["set -u; export LC_ALL=C; unset BASH_ENV"]
        if self.permitted:
            lines.append(self._build_request(CanaryKind.PERMIT, self.permitted, ""))
        if self.denied:
            lines.append(self._build_request(CanaryKind.DENY, self.denied, f"--insecure --resolve {self.denied}:443:{FORCED_ADDRESS}"))
        inner = f'exec 3<>/dev/udp/{self.resolver}/53 && printf "%b" "$1" >&3 && dd bs=512 count=1 status=none <&3 | od -An -v -tx1'
        ask = f"answer=$(timeout {PATIENCE} bash -c {shlex.quote(inner)} dns {shlex.quote(query)} 2>/dev/null | tr -d ' \\n')"
        lines.append(f'{ask}; echo "CANARY dns {self.queried} ${{answer:+answered}}"')
        return "\n".join(lines) + "\n"

    def _build_request(self, kind: CanaryKind, host: str, more: str) -> str:
        options = f"--silent --output /dev/null --noproxy '*' --proto '=https' --connect-timeout {PATIENCE} --max-time {2 * PATIENCE}"
        mark = f"--user-agent containment-canary/{self.nonce} --write-out '%{{http_code}} %{{local_port}}'"
        url = f"https://{host}/containment-canary/{self.nonce}"
        return f'echo "CANARY {kind} {host} $(curl -q {options} {mark} {more} {url})"'


@dataclass(frozen=True, slots=True)
class SentCanary:
    """One canary as the host reports it: what was received (HTTP status, or `answered`), and the local port where it is known."""

    kind: CanaryKind
    target: str
    received: str
    port: int | None

    @property
    def is_delivered(self) -> bool:
        """Whether the destination answered."""
        return self.received not in ("", "000")


def plan_canaries(spec: ContainmentSpec, nonce: str) -> CanaryPlan:
    """Return the canaries of a stack: its first exact model host, its shadow model, and a name that does not exist."""
    facts = build_facts(spec)
    permitted = facts["MODEL_HOST"] or (facts["CORE_HOSTS"].split() or [""])[0]
    return CanaryPlan(nonce, permitted, facts["SHADOW_HOST"], f"canary-{nonce}.invalid", spec.dns_resolver)


def read_sent(output: str) -> dict[CanaryKind, SentCanary]:
    """Return the canaries that a host's output reports."""
    found = (_SENT.match(line.strip()) for line in output.splitlines())
    sent = [
        SentCanary(CanaryKind(one[1]), one[2], one[3], int(one[4]) if one[4].isdigit() and one[4] != "0" else None) for one in found if one
    ]
    return {one.kind: one for one in sent}


def build_host_command(spec: ContainmentSpec) -> str:
    """Return the command that a person runs on the host where the canaries cannot be sent from here."""
    return f"POLICY_MODE={spec.mode.value} bash {FOLDER}/verify-egress.sh"


def _encode_query(name: str) -> bytes:
    """Return a DNS query for the addresses of a name."""
    labels = b"".join(bytes([len(label)]) + label.encode("ascii") for label in name.split("."))
    return b"\x5a\x3c\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00" + labels + b"\x00\x00\x01\x00\x01"


Sender: TypeAlias = Callable[[str], str]
"""Runs a bash script on the host and returns its output; raises CannotSendError."""
_SECONDS: Final = 60
_ENDED: Final = frozenset({"Success", "Cancelled", "TimedOut", "Failed"})


class CannotSendError(ContainmentError):
    """The canaries could not be sent from here; the text has the reason."""


def make_lab_sender(home: LabHome, stack: str) -> Sender:
    """Return the sender for a stack of the lab; its network is started on the first use."""

    def send(script: str) -> str:
        from containment_lab.network.control import LabNetwork

        network = LabNetwork(home, stack)
        try:
            network.ensure_current()
            command = network.build_privileged_command(["bash", "-c", script])
            done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False, cwd="/")
        except (ContainmentError, OSError, subprocess.TimeoutExpired) as error:
            raise CannotSendError(f"the lab's network cannot send them: {error}") from None
        if done.returncode:
            raise CannotSendError(f"the lab's host ended with {done.returncode}: {done.stderr.strip()[-300:]}")
        return done.stdout

    return send


def make_ssm_sender(client: Any, instance: str, pause: float = 2.0) -> Sender:
    """Return the sender for a host on AWS.

    Args:
        client: Systems Manager's client.
        instance: id of the host.
        pause: seconds between two questions about the command's end.
    """

    def send(script: str) -> str:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            sent = client.send_command(
                InstanceIds=[instance],
                DocumentName="AWS-RunShellScript",
                Comment="containment attest",
                TimeoutSeconds=_SECONDS,
                Parameters={"commands": ["bash -s <<'CANARIES'", *script.splitlines(), "CANARIES"]},
            )
            return _await_output(client, sent["Command"]["CommandId"], instance, pause)
        except (ClientError, BotoCoreError, KeyError) as error:
            raise CannotSendError(f"Systems Manager cannot run a command on {instance}: {error}") from None

    return send


def _await_output(client: Any, command: str, instance: str, pause: float) -> str:
    from botocore.exceptions import ClientError

    until = time.monotonic() + _SECONDS
    while time.monotonic() < until:
        time.sleep(pause)
        try:
            found = client.get_command_invocation(CommandId=command, InstanceId=instance)
        except ClientError as error:
            if error.response["Error"]["Code"] == "InvocationDoesNotExist":  # not visible yet
                continue
            raise
        if found["Status"] == "Success":
            return str(found["StandardOutputContent"])
        if found["Status"] in _ENDED:
            raise CannotSendError(f"the command on {instance} ended as {found['Status']}: {found.get('StandardErrorContent', '')[-300:]}")
    raise CannotSendError(f"the command on {instance} did not end within {_SECONDS} s")
