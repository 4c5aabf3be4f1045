"""Ways to run the canaries' script on the host: in the lab's network, or by Systems Manager's Run Command."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from typing import Any, Final, TypeAlias

from containment.errors import ContainmentError
from containment_lab.home import LabHome

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
