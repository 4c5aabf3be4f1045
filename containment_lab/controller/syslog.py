"""Remote syslog profiles, index 0 to 9. Of certificates only their presence is stored, so that no key is in the lab home."""

from __future__ import annotations

from typing import Any

from containment_lab.controller.core import Actions, Call, Controller, change, read
from containment_lab.controller.errors import RefusedError
from containment_lab.controller.store import Json

FILES = ("ca_certificate", "public_certificate", "private_key")


def _get_profile_status(_controller: Controller, state: Json, call: Call) -> Any:
    kept = state["syslog"].get(str(_parse_index(call)))
    return {"status": "disabled"} if kept is None else {key: value for key, value in kept.items() if key != "files"}


def _enable(_controller: Controller, state: Json, call: Call) -> Any:
    index, protocol = str(_parse_index(call)), call.get_text("protocol", "TCP").upper()
    if protocol not in ("TCP", "UDP"):
        raise RefusedError(f"protocol must be TCP or UDP, not {protocol!r}.")
    if not 1 <= call.get_number("port") <= 65535:
        raise RefusedError(f"port {call.get_number('port')} is not within 1-65535.")
    if index in state["syslog"]:
        raise RefusedError(f"Remote syslog profile {index} is already enabled.")
    kept = {
        "server": call.get_text("server"),
        "port": str(call.get_number("port")),
        "protocol": protocol,
        "index": index,
        "name": call.get_text("name", ""),
        "template": call.get_text("template", ""),
        "status": "enabled",
        "notls": not call.get_text("ca_certificate", ""),
        "files": [name for name in FILES if call.get_text(name, "")],
    }
    if excluded := [each for each in call.get_text("exclude_gateway_list", "").split(",") if each]:
        kept["excluded_gateway"] = excluded
    state["syslog"][index] = kept
    return "ok"


def _disable(_controller: Controller, state: Json, call: Call) -> Any:
    state["syslog"].pop(str(_parse_index(call)), None)
    return "ok"


def _parse_index(call: Call) -> int:
    index = call.get_number("index", 0)
    if not 0 <= index <= 9:
        raise RefusedError(f"syslog index {index} is not within 0-9.")
    return index


ACTIONS: Actions = {
    "get_remote_syslog_logging_status": read(_get_profile_status),
    "enable_remote_syslog_logging": change(_enable),
    "disable_remote_syslog_logging": change(_disable),
}
