"""A request of an agent, as the proxy received it."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class GatewayRequest:
    """One request.

    Attributes:
        agent_class: the class of the agents that can reach this listener; set by the proxy's configuration, not by the client.
        destination: the host of the route that the proxy chose, and sends to; empty where no route matched.
        method: the method.
        target: the target as the client sent it, with the destination as its first segment.
        headers: every header in the order received, names in lower case, repeated names apart.
        body: the whole body; empty if there is none.
        is_complete: whether `body` is the whole body.
    """

    agent_class: str
    destination: str
    method: str
    target: str
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    body: bytes = field(default=b"", repr=False)
    is_complete: bool = True
