"""A folder with approvers, a clock that a test sets, actions, and the gate's two sides."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from securesystemslib.signer import CryptoSigner

from containment.actions.action import Action, ActionKind
from containment.human_gate.desk import decide_action
from containment.human_gate.ledger import ActionLedger
from containment.human_gate.waiting_queue import require_own_folder
from containment.loaders.approvers import Approver, load_approvers
from containment.record.action_entries import ActionRequest
from containment.record.entry import Entry
from containment.record.log import read_log
from tests.containment.record.conftest import Office

POLICY = "sha256:" + "1" * 64
START = datetime(2026, 11, 29, 12, tzinfo=UTC)


def make_action(**changes: Any) -> Action:
    """Return a database write of the task `deployment`, with changes."""
    values: dict[str, Any] = {
        "kind": ActionKind.DATABASE_WRITE,
        "tool": "run_sql",
        "target": "orders-db",
        "arguments": {"sql": "UPDATE orders SET state = 'paid' WHERE id = 7", "limit": 1},
        "policy_digest": POLICY,
        "requested_by": "coding",
        "task": "deployment",
    }
    return Action(**(values | changes))


@dataclass
class Room:
    """The gate's folder, with a clock and the policy that is in force."""

    office: Office
    agent_class: str = "coding"
    now: datetime = START
    policy: str = POLICY
    made: int = 0
    ledger: ActionLedger = field(init=False)

    def __post_init__(self) -> None:
        """Open the ledger."""
        self.office.write_approvers()
        require_own_folder(self.folder)
        self.open_ledger()

    @property
    def folder(self) -> Path:
        """The folder with approvers.yaml."""
        return self.office.folder

    def open_ledger(self) -> None:
        """Open the ledger, as a process that starts does."""
        self.ledger = ActionLedger(
            folder=self.folder,
            stack="coding",
            agent_class=self.agent_class,
            read_policy=lambda: self.policy,
            clock=lambda: self.now,
        )

    def make_action(self, **changes: Any) -> Action:
        """Return an action that differs from every earlier one."""
        self.made += 1
        return make_action(arguments={"sql": f"UPDATE orders SET state = 'paid' WHERE id = {self.made}"}, **changes)

    def submit(self, **changes: Any) -> tuple[Action, ActionRequest]:
        """Submit a new action."""
        action = self.make_action(**changes)
        return action, self.ledger.submit(action)

    def get_person(self, name: str) -> Approver:
        """Return a person of approvers.yaml."""
        return next(one for one in load_approvers(self.folder).people if one.name == name)

    def decide(
        self, request: ActionRequest, name: str = "Approver One", *, is_rejected: bool = False, key: str = "", digest: str = ""
    ) -> Entry:
        """Decide as a person, with the person's key or another's."""
        return decide_action(
            self.folder,
            request.request,
            digest or request.action_digest,
            reviewer=self.get_person(name),
            signer=CryptoSigner(self.office.keys[key or name]),
            is_rejected=is_rejected,
            reason="no need for it" if is_rejected else "",
            now=self.now,
        )

    def pass_time(self, **units: float) -> None:
        """Let time pass."""
        self.now += timedelta(**units)

    def list_entries(self) -> list[str]:
        """Return the log in words: kind, and code or state."""
        return [f"{one.kind} {one.body.get('code') or one.body.get('state') or ''}".strip() for one in read_log(self.folder)]
