"""The gateway itself: an MCP server that shows one task its tools, decides every call, and passes on what is permitted.

Rules kept here:
- only the methods of `SERVED` are served; prompts, resources, completions and all others are refused by name;
- what is decided is written to the log before it is done: a call that cannot be recorded is not made;
- a reply has texts, images, audio and structured data; one with a link to what the gateway does not serve is refused;
- an action waits for a person, and what is executed has exactly the digest that was approved;
- an agent that is refused too often gets no decisions for a while, whatever it asks for and however it connects.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final

import anyio
import mcp_types as types
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.server.lowlevel.server import Server

from containment.actions.action import Action
from containment.errors import InputError
from containment.record.action_entries import ExecutionState
from containment.record.digests import canonicalize, digest_bytes
from containment.tool_scopes.kinds import Rule
from containment.tool_scopes.scope import ToolGrant
from containment.tools.action_gate import ActionDecision, ActionGate
from containment.tools.connection import ServerConnection, ServerError
from containment.tools.decisions import CallPolicy
from containment.tools.events import Outcome, ToolEvents
from containment.tools.limits import GatewayLimits
from containment.tools.refusal_limit import RefusalLimit
from containment.tools.refusals import make_refusal

SERVED: Final = frozenset(
    {
        "initialize",
        "notifications/initialized",
        "notifications/cancelled",
        "notifications/progress",
        "ping",
        "server/discover",
        "tools/list",
        "tools/call",
    }
)
"""Every MCP method that is served; a closed list."""
_DECIDED: Final = frozenset({"tools/list", "tools/call"})
_NAME: Final = "agent-containment tools"


class _NotSent(Exception):  # noqa: N818 - the state of an approved call
    """A call that was refused after its approval, before it was sent."""

    def __init__(self, refusal: Exception) -> None:
        super().__init__(str(refusal))
        self.refusal = refusal


class ToolGateway:
    """The tools of one task of one stack."""

    def __init__(
        self,
        policy: CallPolicy,
        task: str,
        connections: Mapping[str, ServerConnection],
        gate: ActionGate,
        events: ToolEvents,
        limits: GatewayLimits,
    ) -> None:
        self._policy, self._task, self._connections = policy, task, connections
        self._gate, self._events, self._limits = gate, events, limits
        self._calls = 0
        self._refusals = RefusalLimit(limits.refusals, events)

    @asynccontextmanager
    async def run_servers(self) -> AsyncIterator[None]:
        """Let servers be started, and end them all afterwards."""
        async with anyio.create_task_group() as group:
            for connection in self._connections.values():
                connection.attach(group)
            try:
                yield
            finally:
                self._refusals.end_pause()
                group.cancel_scope.cancel()

    def build_server(self) -> Server[Any]:
        """Return the MCP server for agents."""
        server: Server[Any] = Server(_NAME, version="1", on_list_tools=self._list_tools, on_call_tool=self._call_tool)
        server.middleware[:] = [self._check_method]
        return server

    async def _check_method(self, ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        method = _clean(ctx.method)
        if (ctx.method in _DECIDED or ctx.method not in SERVED) and (detail := self._refusals.find_pause(method)):
            raise make_refusal(Rule.TOO_MANY_REFUSALS, detail, self._policy.scope, self._task)
        if ctx.method in SERVED:
            return await call_next(ctx)
        self._refusals.count()
        detail = "the gateway serves tools/list and tools/call, and no other method"
        self._events.write(Outcome.REFUSED, Rule.METHOD, detail, method=method)
        raise make_refusal(Rule.METHOD, detail, self._policy.scope, self._task)

    async def _list_tools(self, _context: object, _params: object) -> types.ListToolsResult:
        grants = self._policy.scope.list_grants(self._task)
        found: dict[str, types.Tool] = {}

        async def add(grant: ToolGrant) -> None:
            name = grant.tool.name
            try:
                listed = await self._connections[grant.server.name].verify(name, is_fresh=True)
            except ServerError as error:
                self._events.write(Outcome.REFUSED, error.rule, error.logged, method="tools/list", tool=name, server=grant.server.name)
            else:
                found[name] = types.Tool(name=name, description=listed.description, input_schema=build_input_schema(grant))

        async with anyio.create_task_group() as group:
            for grant in grants:
                group.start_soon(add, grant)
        return types.ListToolsResult(tools=[found[grant.tool.name] for grant in grants if grant.tool.name in found])

    async def _call_tool(self, _context: object, params: types.CallToolRequestParams) -> types.CallToolResult:
        arguments = dict(params.arguments or {})
        try:
            text = canonicalize(arguments)
        except InputError:
            raise self._refuse(Rule.MALFORMED, "the arguments have no canonical JSON", params.name, "") from None
        digest = digest_bytes(text)
        if len(text) > self._limits.arguments:
            raise self._refuse(Rule.SIZE, f"the arguments have more than {self._limits.arguments} bytes", params.name, digest)
        if self._calls >= self._limits.calls:
            raise self._refuse(Rule.BUSY, f"{self._limits.calls} calls are being made", params.name, digest)
        self._calls += 1
        try:
            return await self._make_call(params.name, arguments, digest)
        finally:
            self._calls -= 1

    async def _make_call(self, name: str, arguments: dict[str, Any], digest: str) -> types.CallToolResult:
        known = self._policy.scope.known.get(name)
        action = known.tool.action if known else None
        verdict = self._policy.decide(self._task, name, arguments, action)  # as if approved: a person is not asked about a refused call
        if not verdict.is_permitted or known is None:
            raise self._refuse(verdict.rule, verdict.detail, name, digest)
        try:
            await self._connections[known.server.name].verify(name)
        except ServerError as error:
            raise self._refuse(error.rule, error.reason, name, digest, note=error.note) from None
        if action is None:
            return await self._send(known, arguments, {"argument_digest": digest}, is_fresh=False)
        decision, marks = await self._await_approval(known, arguments, digest)
        state, detail = ExecutionState.UNKNOWN, "the call ended without a reply"
        try:
            reply = await self._send(known, arguments, marks, is_fresh=True)
            state, detail = (ExecutionState.FAILED, "the tool returned an error") if reply.is_error else (ExecutionState.DONE, "")
            return reply
        except _NotSent as error:
            state, detail = ExecutionState.FAILED, "refused after the approval, and not sent"
            raise error.refusal from None
        finally:
            self._gate.record_outcome(decision, state, detail)

    async def _send(self, known: ToolGrant, arguments: dict[str, Any], marks: dict[str, Any], *, is_fresh: bool) -> types.CallToolResult:
        """Send a permitted call to its server and return the reply.

        Args:
            known: the tool.
            arguments: its arguments.
            marks: digests and references for the log.
            is_fresh: whether the server is verified once more, because time has passed.
        """
        name, server = known.tool.name, known.server.name
        connection = self._connections[server]
        if is_fresh:
            try:
                await connection.verify(name, is_fresh=True)
            except ServerError as error:
                digest = marks["argument_digest"]
                raise _NotSent(self._refuse(error.rule, error.reason, name, digest, note=error.note)) from None
        self._events.write(Outcome.PERMITTED, Rule.PERMITTED, "", method="tools/call", tool=name, server=server, **marks)
        try:
            result = await connection.call(name, arguments)
            reply = build_reply(result)
        except ServerError as error:
            self._events.write(Outcome.FAILED, error.rule, error.logged, method="tools/call", tool=name, server=server, **marks)
            raise make_refusal(error.rule, error.reason, self._policy.scope, self._task, name) from None
        except ValueError as error:
            self._events.write(Outcome.FAILED, Rule.SERVER, str(error), method="tools/call", tool=name, server=server, **marks)
            raise make_refusal(Rule.SERVER, f"{server} {error}", self._policy.scope, self._task, name) from None
        done = Outcome.FAILED if reply.is_error else Outcome.COMPLETED
        self._events.write(done, Rule.PERMITTED, "", method="tools/call", tool=name, server=server, **marks)
        return reply

    async def _await_approval(self, grant: ToolGrant, arguments: dict[str, Any], digest: str) -> tuple[ActionDecision, dict[str, Any]]:
        """Return an approval and its marks for the log; raise the refusal if there is none for exactly this action."""
        assert grant.tool.action is not None, "only actions wait"
        name, server = grant.tool.name, grant.server.name
        action = Action(
            kind=grant.tool.action,
            tool=name,
            target=server,
            arguments=arguments,
            policy_digest=self._policy.digest,
            requested_by=self._policy.scope.stack,
            task=self._task,
        )
        marks = {"argument_digest": digest, "action_digest": action.digest}
        self._events.write(Outcome.WAITING, Rule.NEEDS_APPROVAL, "", method="tools/call", tool=name, server=server, **marks)
        try:
            decision = await self._gate.await_decision(action)
        except anyio.get_cancelled_exc_class():
            self._refusals.count()  # an agent that asks persons and leaves is no better than one that is refused
            raise
        if problem := _find_problem(decision, action, arguments):
            raise self._refuse(Rule.NEEDS_APPROVAL, problem, name, digest, action_digest=action.digest)
        marks |= {"reference": decision.reference}
        self._events.write(Outcome.APPROVED, Rule.NEEDS_APPROVAL, "", method="tools/call", tool=name, server=server, **marks)
        return decision, marks

    def _refuse(self, rule: Rule, detail: str, name: str, digest: str, **more: Any) -> Exception:
        self._refusals.count()
        grant = self._policy.scope.known.get(name)
        tool = name if grant else ""
        server = grant.server.name if grant else ""
        self._events.write(
            Outcome.REFUSED, rule, detail, method="tools/call", tool=tool, server=server, **{"argument_digest": digest, **more}
        )
        return make_refusal(rule, detail, self._policy.scope, self._task, tool)


def build_input_schema(grant: ToolGrant) -> dict[str, Any]:
    """Return the schema of a tool's arguments as the agent sees it: the reviewed ones, with their limits."""
    arguments = grant.tool.arguments
    return {
        "type": "object",
        "properties": {name: argument.describe_schema() for name, argument in arguments.items()},
        "required": [name for name, argument in arguments.items() if argument.required],
        "additionalProperties": False,
    }


def build_reply(result: types.CallToolResult) -> types.CallToolResult:
    """Return the parts of a result that are passed on; raise ValueError for a part of another kind."""
    content: list[types.TextContent | types.ImageContent | types.AudioContent] = []
    for part in result.content:
        match part:
            case types.TextContent():
                content.append(types.TextContent(type="text", text=part.text))
            case types.ImageContent():
                content.append(types.ImageContent(type="image", data=part.data, mime_type=part.mime_type))
            case types.AudioContent():
                content.append(types.AudioContent(type="audio", data=part.data, mime_type=part.mime_type))
            case _:
                raise ValueError(f"returned content of the type {part.type}, which is not passed on")
    return types.CallToolResult(content=[*content], structured_content=result.structured_content, is_error=bool(result.is_error))


def _find_problem(decision: ActionDecision, action: Action, arguments: Mapping[str, Any]) -> str:
    """Return why a decision does not permit an action, empty if it does."""
    if not decision.is_approved:
        return f"{decision.rule}: {decision.reason}"
    if decision.digest != action.digest or canonicalize(dict(arguments)) != canonicalize(action.describe()["arguments"]):
        return "the decision is about another action"
    return ""


def _clean(method: str) -> str:
    """Return the name of a method for the log: no text of any length or form."""
    return "".join(one for one in method[:64] if one.isascii() and one.isprintable()) or "(unnamed)"
