"""What Envoy logs and answers itself: sizes, model and tokens of a call, never its body, path, headers or key."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from containment.credential_gateway.api import Usage
from containment.credential_gateway.decision import DenyRule
from containment.credential_gateway.envoy_syntax import Json, make_extension

NOT_READ: Final = "NOT READ"
"""What the log has for tokens that no response stated where the proxy reads them."""
DECISION: Final = "envoy.filters.http.ext_authz"
"""The namespace of the decision's facts in the request's metadata."""
TOKENS: Final = "credential-gateway.tokens"
_LARGEST_EVENT: Final = 1024 * 1024
FACTS: Final = ("decision", "rule", "operation", "model", "stripped")
"""The decision's facts that the service gives the proxy for its log."""


def _answer(rule: DenyRule, reason: str) -> Json:
    return {"json_format": {"error": "denied", "rule": rule.value, "reason": reason}}


def _map_status(status: int, new: int, body: Json) -> Json:
    """Return the mapper of one status of the proxy's own; a denial of the service has that status with its own body."""
    is_status = {"status_code_filter": {"comparison": {"op": "EQ", "value": {"default_value": status, "runtime_key": "unused"}}}}
    permitted = {"filter": DECISION, "path": [{"key": "decision"}], "value": {"string_match": {"exact": "permit"}}}
    return {
        "filter": {"and_filter": {"filters": [is_status, {"metadata_filter": {"matcher": permitted, "match_if_key_not_found": True}}]}},
        "status_code": new,
        "body_format_override": body,
    }


LOCAL_REPLIES: Final[Json] = {
    "mappers": [
        _map_status(413, 403, _answer(DenyRule.BODY_OVER_LIMIT, "the body is larger than the destination's limit")),
        _map_status(503, 503, _answer(DenyRule.DECISION_NOT_AVAILABLE, "the decision service or the destination does not answer")),
    ]
}
"""The proxy's own answers, in the form of the service's."""


def build_access_log(path: str | None) -> Json:
    """Return the access log, JSON lines in a file, or on standard output, which under systemd is a socket that cannot be opened by path."""
    fields = {
        "time": "%START_TIME(%Y-%m-%dT%H:%M:%S.%3fZ)%",
        "source": "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%",
        "destination": "%ROUTE_NAME%",
        "method": "%REQ(:METHOD)%",
        "status": "%RESPONSE_CODE%",
        "details": "%RESPONSE_CODE_DETAILS%",
        "flags": "%RESPONSE_FLAGS%",
        "request_bytes": "%BYTES_RECEIVED%",
        "response_bytes": "%BYTES_SENT%",
        "duration_ms": "%DURATION%",
        **{fact: f"%DYNAMIC_METADATA({DECISION}:{fact})%" for fact in FACTS},
        "input_tokens": f"%DYNAMIC_METADATA({TOKENS}:input)%",
        "output_tokens": f"%DYNAMIC_METADATA({TOKENS}:output)%",
    }
    format_ = {"json_format": fields}
    if path is None:
        return make_extension("envoy.access_loggers.stdout", "access_loggers.stream.v3.StdoutAccessLog", log_format=format_)
    return make_extension("envoy.access_loggers.file", "access_loggers.file.v3.FileAccessLog", path=path, log_format=format_)


def build_unread_tokens() -> Json:
    """Return the filter that begins each request with tokens that are not read; it comes before any other."""
    unread = {"metadata_namespace": TOKENS, "value": {"input": NOT_READ, "output": NOT_READ}, "allow_overwrite": True}
    return make_extension("envoy.filters.http.set_metadata", "filters.http.set_metadata.v3.Config", metadata=[unread])


def build_usage_filters(usages: Iterable[Usage]) -> list[Json]:
    """Return the filters that read tokens: of a stream event by event, without holding it back, and of a whole JSON response.

    Args:
        usages: where the routes' responses state their tokens.
    """
    stated = list(usages)
    keys = {side: dict.fromkeys(path for one in stated for path in getattr(one, side)) for side in ("input", "output")}
    rules = [_read_key(side, path) for side, paths in keys.items() for path in paths]
    if not rules:
        return []
    parsed = [{"rule": rule} for rule in rules]
    parser = make_extension("envoy.content_parsers.json", "content_parsers.json.v3.JsonContentParser", rules=parsed)
    streams = {"content_parser": parser, "max_event_size": _LARGEST_EVENT}
    documents = {"rules": rules, "allow_content_types": ["application/json"]}
    return [
        make_extension("envoy.filters.http.sse_to_metadata", "filters.http.sse_to_metadata.v3.SseToMetadata", response_rules=streams),
        make_extension("envoy.filters.http.json_to_metadata", "filters.http.json_to_metadata.v3.JsonToMetadata", response_rules=documents),
    ]


def _read_key(side: str, path: str) -> Json:
    return {
        "selectors": [{"key": key} for key in path.split(".")],
        "on_present": {"metadata_namespace": TOKENS, "key": side, "type": "NUMBER"},
    }
