"""MCP tools are listed: a rule for `tools/call` names one tool, and no known method passes without a rule."""

from __future__ import annotations

from collections.abc import Iterator

from containment.renderings.openshell.document import Policy, PolicyEndpoint
from containment.renderings.openshell.rule import Finding, LintRule, iterate_endpoints


def _find(policy: Policy) -> Iterator[Finding]:
    for where, endpoint in iterate_endpoints(policy):
        if endpoint.protocol == "mcp":
            yield from ((f"{where}.{key}", what) for key, what in _find_in_endpoint(endpoint))


def _find_in_endpoint(endpoint: PolicyEndpoint) -> Iterator[Finding]:
    if endpoint.mcp is None or endpoint.mcp.allow_all_known_mcp_methods is not False:
        yield "mcp.allow_all_known_mcp_methods", "is not false"
    if endpoint.mcp is None or endpoint.mcp.strict_tool_names is not True:
        yield "mcp.strict_tool_names", "is not true"
    for place, rule in enumerate(endpoint.rules):
        method, tool = rule.allow.method, rule.allow.tool
        if not method or "*" in method:
            yield f"rules.{place}.allow.method", f"is {method or 'not set'}: every method passes"
        if method == "tools/call" and (not isinstance(tool, str) or "*" in tool):
            yield f"rules.{place}.allow.tool", f"is {tool if isinstance(tool, str) else 'not one name'}"


RULE = LintRule(
    id="mcp-tools-are-listed",
    info="An mcp endpoint permits tools by name, and no other method than its rules list.",
    why="a server adds tools at any time, and each would be callable",
    fix="set mcp: {strict_tool_names: true, allow_all_known_mcp_methods: false} and one rule per tool",
    find=_find,
)
