"""Creates and deletes that outlive their caller, so that nothing is orphaned.

A Create whose answer never reached the engine (killed in between) returns the same object when it is repeated with the same inputs; an
object that is incomplete or was never delivered is deleted before a new one is created. A failed Create leaves nothing: its claimed object
is deleted, and if it is unknown whether it created one (the cloud failed meanwhile), a handler that `replays` is called again with the same
token. A Delete without an id deletes the leftovers of such a Create.
"""

from __future__ import annotations

import dataclasses
import re
import secrets
import threading
import traceback
from typing import Any

from containment_lab.providers.handler import Call, Handler, Props
from containment_lab.providers.hooks import call_hooks
from containment_lab.providers.journal import Entry, Journal


class Recovery:
    """Creates and deletes for one provider: one call per URN at a time, each recorded in the journal."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self._locks: dict[str, threading.Lock] = {}

    def create(self, handler: Handler, call: Call, inputs: Props) -> tuple[str, Props]:
        """Create, or continue an earlier Create of the same URN; runs in a thread, to its end even if the engine dies."""
        with self._get_lock(call.urn), call_hooks().call("Create", call.urn):
            return self._make(handler, call, inputs)

    def _get_lock(self, urn: str) -> threading.Lock:
        """Return a URN's lock, the same for simultaneous callers: `setdefault` is atomic, a missing key's factory is not."""
        return self._locks.setdefault(urn, threading.Lock())

    def _make(self, handler: Handler, call: Call, inputs: Props) -> tuple[str, Props]:
        if left := self.journal.get(call.urn):
            if left.complete and self._is_same_request(handler, call, left, inputs):
                live = handler.read(call, left.id, {**left.inputs, **left.outputs})
                if live is not None:
                    return left.id, handler.settle_outputs(inputs, live)
            elif not (left.complete and left.delivered):
                self._take_back(handler, call, left)
            self.journal.forget(call.urn)
        begun = Entry(call.token, "", inputs, once=secrets.token_hex(16) if handler.replays else "")
        if begun.once:
            self.journal.put(call.urn, begun)
        try:
            ident, live = handler.create(self._attach_claim(call, begun), dict(inputs))
        except Exception as error:
            if (left := self.journal.get(call.urn)) and (left.id or handler.is_uncertain(error)):
                self._try_take_back(handler, call, left)
            else:
                self.journal.forget(call.urn)
            raise
        outputs = handler.settle_outputs(inputs, live)
        self.journal.put(call.urn, Entry(token=call.token, id=ident, inputs=inputs, outputs=outputs, complete=True))
        return ident, outputs

    def _attach_claim(self, call: Call, begun: Entry) -> Call:
        """Return the call of a create, which records the id under which an object exists."""

        def claim(ident: str, **facts: Any) -> None:
            known = self.journal.get(call.urn) or begun
            self.journal.put(call.urn, dataclasses.replace(known, id=ident, outputs={**known.outputs, **facts}))

        return dataclasses.replace(call, once=begun.once, claim=claim)

    def delete(self, handler: Handler, call: Call, ident: str, state: Props) -> None:
        """Delete; without an id, delete the leftovers of an unacknowledged Create of this URN, once it has ended."""
        with self._get_lock(call.urn), call_hooks().call("Delete", call.urn):
            left = self.journal.get(call.urn)
            if ident:
                handler.delete(call, ident, state)
                self.journal.forget(call.urn, ident)
            elif left:
                self._take_back(handler, call, left)
                self.journal.forget(call.urn)

    def _try_take_back(self, handler: Handler, call: Call, left: Entry) -> None:
        """Undo a partial create; if that fails too, the entry stays, and the next Create or Delete of this URN retries."""
        try:
            self._take_back(handler, call, left)
        except Exception:  # noqa: BLE001  (the first error is the one to report)
            traceback.print_exc()
        else:
            self.journal.forget(call.urn)

    def _take_back(self, handler: Handler, call: Call, left: Entry) -> None:
        """Delete the leftovers of a create. If its id is unknown, repeat the same create, which returns it."""
        if not left.id and left.once:
            try:
                left = dataclasses.replace(left, id=handler.create(self._attach_claim(call, left), dict(left.inputs))[0])
            except Exception as error:
                if handler.is_uncertain(error):
                    raise
                left = self.journal.get(call.urn) or left
        if left.id:
            handler.delete(call, left.id, {**left.inputs, **left.outputs})

    def _is_same_request(self, handler: Handler, call: Call, left: Entry, inputs: Props) -> bool:
        """Return whether an open create has the same inputs; a name that Check generated may differ, as each run generates another."""
        changed = set(handler.find_changes(left.inputs, {}, inputs))
        made_up = re.compile(re.escape(call.name.lower()) + r"-[0-9a-f]{7}")
        if handler.autoname and all(made_up.fullmatch(str(each.get(handler.autoname)).lower()) for each in (left.inputs, inputs)):
            changed.discard(handler.autoname)
        return not changed
