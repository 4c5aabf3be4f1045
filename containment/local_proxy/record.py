"""The record of one proxy's decisions: each connection's events, written before any of its bytes leave."""

from __future__ import annotations

import hashlib
import itertools
import os
from dataclasses import dataclass, field
from datetime import UTC, datetime

from containment.local_proxy.attribution import Attribution
from containment.local_proxy.rules.denial import Denial
from containment.local_proxy.rules.destination import Address, Destination
from containment.local_proxy.wire.relay import Traffic
from containment.logs.ocsf import EventSink, NetworkAction, NetworkEvent, Subject, build_network_activity
from containment.sandbox.profile import LauncherProfile, format_profile


class RecordError(Exception):
    """An event could not be written."""


@dataclass(slots=True, kw_only=True)
class ConnectionFacts:
    """The facts of one connection so far."""

    source: tuple[str, int]
    uid: str
    attribution: Attribution = field(default_factory=Attribution)
    destination: Destination | None = None
    address: Address | None = None
    server_name: str | None = None
    request: tuple[str, str] | None = None


class Record:
    """The events of one sandbox's connections."""

    def __init__(self, profile: LauncherProfile, task: str | None, events: EventSink) -> None:
        self._subject = Subject(
            stack=profile.stack,
            agent_class=profile.agent_class,
            harness=profile.harness,
            host=os.uname().nodename or "unknown",
            task=task,
            policy_digest=hashlib.sha256(format_profile(profile).encode()).hexdigest(),
        )
        self._events = events
        self._numbers = itertools.count(1)
        self._prefix = os.urandom(6).hex()

    def open_connection(self, source: tuple[str, int]) -> ConnectionFacts:
        """Return the facts of a new connection, with a new id."""
        return ConnectionFacts(source=source, uid=f"{self._prefix}-{next(self._numbers)}")

    def write_open(self, facts: ConnectionFacts, rule: str) -> None:
        """Record that a connection is permitted; raise RecordError if that is impossible."""
        self._write(facts, NetworkAction.OPEN, rule, "permitted")

    def write_close(self, facts: ConnectionFacts, rule: str, traffic: Traffic, message: str = "ended") -> None:
        """Record the end of a permitted connection, with its bytes; raise RecordError if that is impossible."""
        self._write(facts, NetworkAction.CLOSE, rule, message, traffic)

    def write_failure(self, facts: ConnectionFacts, denial: Denial) -> None:
        """Record that a permitted connection could not be made; raise RecordError if that is impossible."""
        self._write(facts, NetworkAction.FAIL, denial.rule.value, denial.reason)

    def write_refusal(self, facts: ConnectionFacts, denial: Denial, traffic: Traffic | None = None) -> None:
        """Record a denial; raise RecordError if that is impossible."""
        self._write(facts, NetworkAction.REFUSE, denial.rule.value, denial.reason, traffic)

    def _write(self, facts: ConnectionFacts, action: NetworkAction, rule: str, message: str, traffic: Traffic | None = None) -> None:
        destination, holders = facts.destination, facts.attribution.holders
        event = NetworkEvent(
            time=datetime.now(UTC),
            action=action,
            connection=facts.uid,
            subject=self._subject._replace(program=holders[0].program, pid=holders[0].pid) if holders else self._subject,
            sharers=tuple((one.pid, one.program) for one in holders[1:]),
            rule=rule,
            message=message,
            source=facts.source,
            host=destination.host if destination else None,
            port=destination.port if destination else None,
            address=facts.address,
            server_name=facts.server_name,
            request=facts.request,
            bytes_out=traffic.out if traffic else None,
            bytes_in=traffic.back if traffic else None,
        )
        try:
            self._events.write(build_network_activity(event))
        except (OSError, ValueError) as error:  # ValueError: a file that was closed
            raise RecordError(str(error)) from error
