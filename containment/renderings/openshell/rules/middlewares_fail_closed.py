"""Middlewares fail closed: a middleware that is down stops requests, and at most ten are set, in distinct order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from containment.renderings.openshell.document import Policy
from containment.renderings.openshell.rule import Finding, LintRule

_MOST: Final = 10


def _find(policy: Policy) -> Iterator[Finding]:
    orders: dict[object, str] = {}
    if len(policy.network_middlewares) > _MOST:
        yield "network_middlewares", f"has {len(policy.network_middlewares)} entries, and {_MOST} is the most"
    for name, found in policy.network_middlewares.items():
        where = f"network_middlewares.{name}"
        if not isinstance(found, dict):
            yield where, "is not a mapping"
            continue
        if found.get("on_error") != "fail_closed":
            yield f"{where}.on_error", f"is {found.get('on_error') or 'not set'}"
        order = found.get("order")
        if order in orders:
            yield f"{where}.order", f"is {order}, as that of {orders[order]}"
        orders[order] = name


RULE = LintRule(
    id="middlewares-fail-closed",
    info="Every middleware sets on_error: fail_closed and an order of its own.",
    why="with fail_open the requests pass unread when the middleware is down",
    fix="set on_error: fail_closed and a distinct order",
    find=_find,
)
