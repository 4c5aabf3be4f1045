"""What only the lab has, under `/lab/`: a look at everything, faults, settings that change while it runs, and group membership.

No session is needed. The real Controller has none of these paths.
"""

from __future__ import annotations

import pydantic
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from containment.lab.controller.core import Controller
from containment.lab.controller.errors import RefusedError
from containment.lab.controller.faults import Fault, Faults
from containment.lab.controller.membership import Inventory
from containment.lab.controller.settings import changed, running


class LabSide:
    """The lab's own paths of one Controller."""

    def __init__(self, controller: Controller, faults: Faults, inventory: Inventory) -> None:
        self._controller, self._faults, self._inventory = controller, faults, inventory

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [
            Route("/lab/inventory", self._everything, methods=["GET"]),
            Route("/lab/faults", self._fault, methods=["GET", "POST", "DELETE"]),
            Route("/lab/calls", self._calls, methods=["GET", "DELETE"]),
            Route("/lab/settings", self._settings, methods=["GET", "PATCH"]),
            Route("/lab/membership", self._membership, methods=["GET", "POST"]),
        ]

    async def _everything(self, _request: Request) -> JSONResponse:
        """Show everything the Controller holds."""
        state = await run_in_threadpool(self._controller.store.inventory)
        return JSONResponse({"version": self._controller.settings.version, "account": self._controller.settings.account_name, **state})

    async def _fault(self, request: Request) -> JSONResponse:
        """List, inject or clear faults."""
        if request.method == "POST":
            try:
                self._faults.add(Fault.model_validate_json(await request.body()))
            except pydantic.ValidationError as error:
                return JSONResponse({"message": str(error)}, 400)
        if request.method == "DELETE":
            self._faults.clear()
        return JSONResponse({"faults": self._faults.listed()})

    async def _calls(self, request: Request) -> JSONResponse:
        """List the calls that were made, in order; DELETE forgets them."""
        return JSONResponse({"calls": self._faults.calls(forget=request.method == "DELETE")})

    async def _settings(self, request: Request) -> JSONResponse:
        """Show the settings that may change while it runs, or change some; a restart has those of the file again."""
        if request.method == "PATCH":
            before = self._controller.settings
            try:
                self._controller.settings = changed(before, await request.body())
            except pydantic.ValidationError as error:
                return JSONResponse({"message": str(error)}, 400)
            if self._controller.settings.inventory_seconds and not before.inventory_seconds:
                return await self._refetched(running(self._controller.settings))
        return JSONResponse(running(self._controller.settings))

    async def _membership(self, request: Request) -> JSONResponse:
        """Show who is in which SmartGroup; POST fetches the account first, as an operator can."""
        try:
            if request.method == "POST":
                await run_in_threadpool(self._inventory.refetch)
            return JSONResponse(await run_in_threadpool(self._inventory.members))
        except RefusedError as error:
            return JSONResponse({"message": error.reason}, error.status)

    async def _refetched(self, answer: dict[str, float]) -> JSONResponse:
        """Answer once the account is known as it is now: from here on it is only polled."""
        try:
            await run_in_threadpool(self._inventory.refetch)
        except RefusedError as error:
            return JSONResponse({"message": error.reason}, error.status)
        return JSONResponse(answer)
