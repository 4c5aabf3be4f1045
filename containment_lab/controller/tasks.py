"""Asynchronous tasks: a request returns a task id at once, and callers poll the task until it is done.

Tasks are part of the Controller's state: one that was running when the simulator was killed runs again at the next start
(its work is idempotent).
"""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections.abc import Callable
from typing import Any

from containment_lab.controller.core import Actions, Call, Controller, read, require_found
from containment_lab.controller.errors import RefusedError
from containment_lab.controller.store import Json

IN_PROGRESS = "REQUEST_IN_PROGRESS"
KEPT = 50
Work = Callable[[Controller, Json], None]
log = logging.getLogger(__name__)


class Tasks:
    """Runs each task in a separate thread."""

    def __init__(self, controller: Controller, work: dict[str, Work]) -> None:
        self._controller = controller
        self._work = work

    def start(self, state: Json, kind: str, **about: Any) -> str:
        """Add a task to the state that is being changed and return its id; `run` it after the change is written."""
        finished = [key for key, task in state["tasks"].items() if task["status"] != "running"]
        for key in finished[: max(0, len(state["tasks"]) - KEPT)]:
            del state["tasks"][key]
        state["tasks"][key := str(uuid.uuid4())] = {"kind": kind, "status": "running", "reason": "", **about}
        return key

    def run(self, key: str) -> None:
        """Start a task's work."""
        threading.Thread(target=self._do, args=(key,), name=f"task-{key}", daemon=True).start()

    def resume(self) -> None:
        """Restart the tasks that were running when the simulator ended."""
        with self._controller.store.read_state() as state:
            waiting = [key for key, task in state["tasks"].items() if task["status"] == "running"]
        for key in waiting:
            self.run(key)

    def _do(self, key: str) -> None:
        with self._controller.store.read_state() as state:
            task = dict(state["tasks"][key])
        time.sleep(self._controller.settings.gateway_seconds)
        try:
            self._work[task["kind"]](self._controller, task)
            outcome = {"status": "done"}
        except RefusedError as error:
            outcome = {"status": "failed", "reason": error.reason}
        except Exception as error:
            log.exception("task %s", task["kind"])
            outcome = {"status": "failed", "reason": f"{type(error).__name__}: {error}"}
        with self._controller.store.change_state() as state:
            state["tasks"][key] |= outcome


def _check_task_status(_controller: Controller, state: Json, call: Call) -> Any:
    key = call.get_text("request_id")
    task = require_found(state["tasks"].get(key), f"Request {key} was not found.", 400)
    if task["status"] == "done":
        return "done"
    raise RefusedError(task["reason"] if task["status"] == "failed" else IN_PROGRESS)


ACTIONS: Actions = {"check_task_status": read(_check_task_status)}
