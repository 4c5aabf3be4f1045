"""The connection to one server: started when it is needed, verified by its pins, and given up when it breaks the protocol.

Rules kept here:
- a server's tools are listed anew for every `tools/list` of the agent, after every change that the server announces, and after an approval;
- a tool whose listing has another digest than its pin is refused, and so is one that the server lists twice;
- the server is offered no capability: no sampling, no elicitation, no roots.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Final, TypeAlias

import anyio
import mcp_types as types
from anyio.abc import TaskGroup, TaskStatus
from mcp.client._transport import TransportStreams
from mcp.client.client import Client
from mcp.client.session import ClientSession
from mcp.shared.exceptions import MCPError
from pydantic import ValidationError

from containment.tool_scopes.kinds import Rule
from containment.tool_scopes.server import ToolServer
from containment.tools.limits import GatewayLimits
from containment.tools.lines import Report
from containment.tools.pins import ListedTool

Connect: TypeAlias = Callable[[Report], AbstractAsyncContextManager[TransportStreams]]
"""Opens the transport of a server."""
_PATIENCE: Final = 3.0
_CLIENT: Final = types.Implementation(name="agent-containment", version="1")


class ServerError(Exception):
    """A server that cannot be used: the rule, the reason in words, and a note for the log, which may have words of the server."""

    def __init__(self, rule: Rule, reason: str, note: str = "") -> None:
        super().__init__(reason)
        self.rule, self.reason, self.note = rule, reason, note

    @property
    def logged(self) -> str:
        """The reason with its note."""
        return f"{self.reason} ({self.note})" if self.note else self.reason


class ServerConnection:
    """One server of the gateway, which runs inside the gateway's task group; without `connect` it is refused for the reason `refusal`."""

    def __init__(self, server: ToolServer, connect: Connect | None, limits: GatewayLimits, refusal: str = "") -> None:
        self.server = server
        self._connect, self._limits, self._refusal = connect, limits, refusal
        self._group: TaskGroup | None = None
        self._session: ClientSession | None = None
        self._end: anyio.Event | None = None
        self._reasons: list[str] = []
        self._notes: list[str] = []
        self._ended = anyio.Event()
        self._starts = 0
        self._lock = anyio.Lock()
        self._listed: Mapping[str, ListedTool] | None = None
        self._changes = 0
        self._repeated: frozenset[str] = frozenset()

    def attach(self, group: TaskGroup) -> None:
        """Let the server run in a task group, which outlives every call."""
        self._group = group

    async def list_tools(self, *, is_fresh: bool) -> Mapping[str, ListedTool]:
        """Return the listed tools by name; raise ServerError if the server cannot be used.

        Args:
            is_fresh: whether the server is asked again, although nothing announced a change.
        """
        async with self._lock:
            session = await self._start()
            if is_fresh or self._listed is None:
                changes = self._changes
                found = await self._read_tools(session)
                self._listed = found if changes == self._changes else None  # a change that was announced meanwhile is read next time
                return found
            return self._listed

    async def verify(self, name: str, *, is_fresh: bool = False) -> ListedTool:
        """Return a listed tool that equals its pin; raise ServerError for any other."""
        listed = (await self.list_tools(is_fresh=is_fresh)).get(name)
        pinned = self.server.get_tool(name)
        if name in self._repeated:
            raise ServerError(Rule.CHANGED, f"{self.server.name} lists {name} more than once")
        if listed is None or pinned is None:
            raise ServerError(Rule.CHANGED, f"{self.server.name} does not list {name} any more")
        if pinned.digest is None:
            raise ServerError(Rule.NOT_REVIEWED, f"{name} of {self.server.name} has no digest, so its description is not reviewed")
        if listed.digest != pinned.digest:
            raise ServerError(Rule.CHANGED, f"{self.server.name} changed the description or the schema of {name} since its review")
        return listed

    async def call(self, name: str, arguments: Mapping[str, object]) -> types.CallToolResult:
        """Return the result of a call; raise ServerError if there is none."""
        async with self._lock:
            session = await self._start()
        params = types.CallToolRequestParams(name=name, arguments=dict(arguments))
        try:
            with anyio.fail_after(self._limits.call_seconds):
                return await session.send_request(types.CallToolRequest(params=params), types.CallToolResult)
        except TimeoutError:
            self._stop(f"no reply within {self._limits.call_seconds:g} s")
            raise self._explain() from None
        except MCPError as error:
            if error.code == types.CONNECTION_CLOSED or self._session is not session:
                await self._wait_for_end()
                raise self._explain() from None
            raise ServerError(Rule.SERVER, f"{self.server.name} answered with the error {error.code}") from None
        except Exception:  # noqa: BLE001 - whatever a reply causes is the server's error
            self._stop("a reply that is no result of a call")
            raise self._explain() from None

    async def _start(self) -> ClientSession:
        if self._session is not None:
            return self._session
        if self._connect is None:
            raise ServerError(Rule.SERVER, self._refusal)
        assert self._group is not None, "the gateway attaches a server before it is used"
        if self._starts >= self._limits.starts:
            raise ServerError(Rule.SERVER, f"{self.server.name} ended {self._starts} times and is not started again: {self._reason}")
        self._starts += 1
        self._listed, self._reasons, self._notes, self._ended = None, [], [], anyio.Event()
        await self._group.start(self._run)
        return self._get_session()

    def _get_session(self) -> ClientSession:
        if self._session is None:
            raise self._explain()
        return self._session

    async def _run(self, *, task_status: TaskStatus[None] = anyio.TASK_STATUS_IGNORED) -> None:
        end = self._end = anyio.Event()
        has_begun, ended = False, self._ended
        assert self._connect is not None, "a server that is refused is not started"
        try:
            with anyio.CancelScope(deadline=anyio.current_time() + self._limits.start_seconds) as scope:
                async with self._connect(self._note) as streams:
                    client = Client(_Given(streams), mode="legacy", cache=None, client_info=_CLIENT, message_handler=self._hear)
                    async with client:
                        scope.deadline, has_begun = float("inf"), True
                        self._session = client.session
                        task_status.started()
                        await end.wait()
            if scope.cancelled_caught:
                self._reasons.append(f"no answer within {self._limits.start_seconds:g} s of its start")
        except* Exception as group:  # noqa: BLE001 - whatever a server causes ends this server only
            self._reasons.append(_describe(group))
        finally:
            if self._end is end:
                self._session, self._end = None, None
            ended.set()
        if not has_begun:
            task_status.started()

    async def _wait_for_end(self) -> None:
        """Give a server that ended the time to be ended properly, which shows why."""
        if self._end is not None:
            self._end.set()
        with anyio.move_on_after(_PATIENCE):
            await self._ended.wait()

    def _note(self, reason: str, *, is_quoted: bool = False) -> None:
        (self._notes if is_quoted else self._reasons).append(reason)

    async def _hear(self, message: object) -> None:
        """Take note of what a server sends by itself: a changed list is read again before the next call."""
        if isinstance(message, types.ToolListChangedNotification):
            self._listed = None
            self._changes += 1
        elif isinstance(message, Exception):
            self._stop("a message that is no JSON-RPC")

    def _stop(self, reason: str) -> None:
        self._reasons.append(reason)
        self._session = None
        if self._end is not None:
            self._end.set()

    @property
    def _reason(self) -> str:
        return "; ".join(dict.fromkeys(self._reasons)) or "it ended"

    def _explain(self) -> ServerError:
        rule = Rule.SIZE if any("more than" in one and "bytes" in one for one in self._reasons) else Rule.SERVER
        if self._end is not None:
            self._end.set()
        self._session = None
        return ServerError(rule, f"{self.server.name} cannot be used: {self._reason}", "; ".join(self._notes))

    async def _read_tools(self, session: ClientSession) -> Mapping[str, ListedTool]:
        found: dict[str, ListedTool] = {}
        repeated = set[str]()
        cursor: str | None = None
        try:
            with anyio.fail_after(self._limits.list_seconds):
                for _ in range(self._limits.pages):
                    page = await session.send_request(
                        types.ListToolsRequest(params=types.PaginatedRequestParams(cursor=cursor)), types.ListToolsResult
                    )
                    for tool in page.tools:
                        if tool.name in found:
                            repeated.add(tool.name)
                        found[tool.name] = ListedTool(tool.name, tool.description or "", dict(tool.input_schema))
                    cursor = page.next_cursor
                    if cursor is None or len(found) > self._limits.tools:
                        break
        except TimeoutError:
            self._stop(f"no list of tools within {self._limits.list_seconds:g} s")
            raise self._explain() from None
        except (MCPError, ValidationError, RuntimeError, anyio.ClosedResourceError, anyio.BrokenResourceError) as error:
            self._reasons.append(f"no list of tools ({_name(error)})")
            raise self._explain() from None
        if cursor is not None or len(found) > self._limits.tools:
            self._stop(f"a list of more than {self._limits.tools} tools or {self._limits.pages} pages")
            raise self._explain()
        self._repeated = frozenset(repeated)
        return found


class _Given:
    """A transport that is open already."""

    def __init__(self, streams: TransportStreams) -> None:
        self._streams = streams

    async def __aenter__(self) -> TransportStreams:
        return self._streams

    async def __aexit__(self, *_: object) -> None:
        return None


def _name(error: BaseException) -> str:
    return f"error {error.code}" if isinstance(error, MCPError) else type(error).__name__


def _describe(group: BaseExceptionGroup[BaseException]) -> str:
    """Return the errors of a group by their kinds; texts of a server are not repeated."""
    names = []
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            names.append(_describe(error))
        elif isinstance(error, OSError):
            names.append(error.strerror or type(error).__name__)
        else:
            names.append(_name(error))
    return ", ".join(dict.fromkeys(names))
