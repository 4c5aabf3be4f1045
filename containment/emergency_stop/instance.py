"""Stop and start an instance, and wait until it has stopped."""

from __future__ import annotations

import time
from typing import Any

from containment.emergency_stop.hosts import ENDED, LiveHost
from containment.emergency_stop.steps import Outcome, StepError

_PAUSE = 2.0


def stop_instance(ec2: Any, host: LiveHost) -> tuple[Outcome, str]:
    """Stop a host at once: `Force` does not wait for its operating system, which is the agent's to delay."""
    if host.state == "stopped":
        return Outcome.ALREADY, "stopped"
    ec2.stop_instances(InstanceIds=[host.instance], Force=True)
    return Outcome.DONE, f"was {host.state}, and is stopping"


def start_instance(ec2: Any, host: LiveHost) -> tuple[Outcome, str]:
    """Start a stopped host again."""
    if host.state in ("running", "pending"):
        return Outcome.ALREADY, host.state
    ec2.start_instances(InstanceIds=[host.instance])
    return Outcome.DONE, f"was {host.state}, and is starting"


def await_stopped(ec2: Any, host: LiveHost, seconds: float, pause: float = _PAUSE) -> str:
    """Return the state in which a host has ended; raise StepError if it has not within some seconds."""
    until = time.monotonic() + seconds
    while True:
        found = ec2.describe_instances(InstanceIds=[host.instance])["Reservations"][0]["Instances"][0]["State"]["Name"]
        if found == "stopped" or found in ENDED:
            return str(found)
        if time.monotonic() >= until:
            raise StepError(f"is {found} after {seconds:g} s: run the command again, which waits again")
        time.sleep(pause)
