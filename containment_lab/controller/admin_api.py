"""The lab's administration paths under `/lab/`: inventory, settings that change while it runs, and group membership.

They need no session. The real Controller has none of these paths.
"""

from __future__ import annotations

import pydantic
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from containment_lab.controller.core import Controller
from containment_lab.controller.dcf.membership import Inventory
from containment_lab.controller.errors import RefusedError
from containment_lab.controller.settings import apply_changes, select_running_settings


class AdminApi:
    """The administration paths of one Controller."""

    def __init__(self, controller: Controller, inventory: Inventory) -> None:
        self._controller, self._inventory = controller, inventory

    def build_routes(self) -> list[Route]:
        """Return the routes."""
        return [
            Route("/lab/inventory", self._get_inventory, methods=["GET"]),
            Route("/lab/settings", self._handle_settings, methods=["GET", "PATCH"]),
            Route("/lab/changes", self._await_change, methods=["GET"]),
            Route("/lab/membership", self._handle_membership, methods=["GET", "POST"]),
        ]

    async def _get_inventory(self, _request: Request) -> JSONResponse:
        """Return every object of the Controller."""
        state = await run_in_threadpool(self._controller.store.copy_inventory)
        return JSONResponse({"version": self._controller.settings.version, "account": self._controller.settings.account_name, **state})

    async def _handle_settings(self, request: Request) -> JSONResponse:
        """Return the settings that may be changed while it runs, or change some; a restart reads the file again."""
        if request.method == "PATCH":
            before = self._controller.settings
            try:
                self._controller.settings = apply_changes(before, await request.body())
            except pydantic.ValidationError as error:
                return JSONResponse({"message": str(error)}, 400)
            self._controller.store.changes.record_change()
            if self._controller.settings.inventory_seconds and not before.inventory_seconds:
                return await self._respond_after_fetch(select_running_settings(self._controller.settings))
        return JSONResponse(select_running_settings(self._controller.settings))

    async def _await_change(self, request: Request) -> JSONResponse:
        """Return the version as soon as it differs from `after`, at the latest after `seconds` (long poll)."""
        after, seconds = request.query_params.get("after", ""), float(request.query_params.get("seconds", "0"))
        return JSONResponse({"version": await self._controller.store.changes.wait_async(after, seconds)})

    async def _handle_membership(self, request: Request) -> JSONResponse:
        """Return the members of each SmartGroup; POST fetches the account first, as an operator can."""
        try:
            if request.method == "POST":
                await run_in_threadpool(self._inventory.refetch)
            return JSONResponse(await run_in_threadpool(self._inventory.resolve_members))
        except RefusedError as error:
            return JSONResponse({"message": error.reason}, error.status)

    async def _respond_after_fetch(self, answer: dict[str, float]) -> JSONResponse:
        """Return an answer after one fetch of the account: from here on it is only polled."""
        try:
            await run_in_threadpool(self._inventory.refetch)
        except RefusedError as error:
            return JSONResponse({"message": error.reason}, error.status)
        return JSONResponse(answer)
