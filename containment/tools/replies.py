"""Replies of a server as an agent receives them: texts, images, audio and structured data, without links and metadata.

A link or an embedded resource would lead the agent to resources that the gateway does not serve, so such a reply is refused.
"""

from __future__ import annotations

import mcp_types as types


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
