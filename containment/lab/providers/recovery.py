"""Creates and deletes that survive whoever asked for them, so that nothing is orphaned.

A Create whose answer never reached the engine (killed in between) is answered with the same thing when it is asked for again with the
same inputs, and is deleted before a new one is made when it was left half done or never delivered. One that failed leaves nothing: what
it has claimed is deleted, and where nobody knows whether it made something (the cloud failed while it did), a handler that `replays` is
asked again under the same token. A Delete without an id deletes what such a Create left behind.
"""

from __future__ import annotations

import dataclasses
import re
import secrets
import threading
import traceback
from typing import Any

from containment.lab.providers import gate
from containment.lab.providers.handler import Call, Handler, Props
from containment.lab.providers.journal import Entry, Journal


class Recovery:
    """Makes and deletes for one provider: one call a URN at a time, each written down in the journal."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self._locks: dict[str, threading.Lock] = {}

    def create(self, handler: Handler, call: Call, inputs: Props) -> tuple[str, Props]:
        """Create, or take up what an earlier Create of the same URN left; runs in a thread, to its end even if the engine dies."""
        with self._lock_of(call.urn), gate.GATE.call("Create", call.urn):
            return self._make(handler, call, inputs)

    def _lock_of(self, urn: str) -> threading.Lock:
        """Return a URN's lock, the same to all who ask at once: `setdefault` is one step, a missing key's factory is not."""
        return self._locks.setdefault(urn, threading.Lock())

    def _make(self, handler: Handler, call: Call, inputs: Props) -> tuple[str, Props]:
        if left := self.journal.get(call.urn):
            if left.complete and self._same_request(handler, call, left, inputs):
                live = handler.read(call, left.id, {**left.inputs, **left.outputs})
                if live is not None:
                    return left.id, handler.settled(inputs, live)
            elif not (left.complete and left.delivered):
                self._take_back(handler, call, left)
            self.journal.forget(call.urn)
        begun = Entry(call.token, "", inputs, once=secrets.token_hex(16) if handler.replays else "")
        if begun.once:
            self.journal.put(call.urn, begun)
        try:
            ident, live = handler.create(self._claiming(call, begun), dict(inputs))
        except Exception as error:
            if (left := self.journal.get(call.urn)) and (left.id or handler.uncertain(error)):
                self._undo(handler, call, left)
            else:
                self.journal.forget(call.urn)
            raise
        outputs = handler.settled(inputs, live)
        self.journal.put(call.urn, Entry(call.token, ident, inputs, outputs, complete=True))
        return ident, outputs

    def _claiming(self, call: Call, begun: Entry) -> Call:
        """Return the call of a create, which writes down under which id something is there."""

        def claim(ident: str, **facts: Any) -> None:
            known = self.journal.get(call.urn) or begun
            self.journal.put(call.urn, dataclasses.replace(known, id=ident, outputs={**known.outputs, **facts}))

        return dataclasses.replace(call, once=begun.once, claim=claim)

    def delete(self, handler: Handler, call: Call, ident: str, state: Props) -> None:
        """Delete; without an id, what an unacknowledged Create of this URN left, once it has ended."""
        with self._lock_of(call.urn), gate.GATE.call("Delete", call.urn):
            left = self.journal.get(call.urn)
            if ident:
                handler.delete(call, ident, state)
                self.journal.forget(call.urn, ident)
            elif left:
                self._take_back(handler, call, left)
                self.journal.forget(call.urn)

    def _undo(self, handler: Handler, call: Call, left: Entry) -> None:
        """Take half of a create away again; where that fails too the entry stays, and the next Create or Delete of this URN tries."""
        try:
            self._take_back(handler, call, left)
        except Exception:  # noqa: BLE001  (the first error is the one to report)
            traceback.print_exc()
        else:
            self.journal.forget(call.urn)

    def _take_back(self, handler: Handler, call: Call, left: Entry) -> None:
        """Delete what a create left. When nobody knows what that is, the same create is asked for again, which says it."""
        if not left.id and left.once:
            try:
                left = dataclasses.replace(left, id=handler.create(self._claiming(call, left), dict(left.inputs))[0])
            except Exception as error:
                if handler.uncertain(error):
                    raise
                left = self.journal.get(call.urn) or left
        if left.id:
            handler.delete(call, left.id, {**left.inputs, **left.outputs})

    def _same_request(self, handler: Handler, call: Call, left: Entry, inputs: Props) -> bool:
        """Tell whether an open create asked for the same; a name that Check made up may differ, the next run makes up another."""
        changed = set(handler.changes(left.inputs, {}, inputs))
        made_up = re.compile(re.escape(call.name.lower()) + r"-[0-9a-f]{7}")
        if handler.autoname and all(made_up.fullmatch(str(each.get(handler.autoname)).lower()) for each in (left.inputs, inputs)):
            changed.discard(handler.autoname)
        return not changed
