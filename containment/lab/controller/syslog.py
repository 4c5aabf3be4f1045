"""Remote syslog profiles, index 0 to 9. Certificates are not kept, only which were given: no key lands in the lab home."""

from __future__ import annotations

from typing import Any

from containment.lab.controller.core import Actions, Call, Controller
from containment.lab.controller.errors import RefusedError

FILES = ("ca_certificate", "public_certificate", "private_key")


def _status(controller: Controller, call: Call) -> Any:
    with controller.store.reading() as state:
        kept = state["syslog"].get(str(_index(call)))
        return {"status": "disabled"} if kept is None else {key: value for key, value in kept.items() if key != "files"}


def _enable(controller: Controller, call: Call) -> Any:
    index, protocol = str(_index(call)), call.text("protocol", "TCP").upper()
    if protocol not in ("TCP", "UDP"):
        raise RefusedError(f"protocol must be TCP or UDP, not {protocol!r}.")
    if not 1 <= call.number("port") <= 65535:
        raise RefusedError(f"port {call.number('port')} is not within 1-65535.")
    with controller.store.changing() as state:
        if index in state["syslog"]:
            raise RefusedError(f"Remote syslog profile {index} is already enabled.")
        kept = {
            "server": call.text("server"),
            "port": str(call.number("port")),
            "protocol": protocol,
            "index": index,
            "name": call.text("name", ""),
            "template": call.text("template", ""),
            "status": "enabled",
            "notls": not call.text("ca_certificate", ""),
            "files": [name for name in FILES if call.text(name, "")],
        }
        if excluded := [each for each in call.text("exclude_gateway_list", "").split(",") if each]:
            kept["excluded_gateway"] = excluded
        state["syslog"][index] = kept
    return "ok"


def _disable(controller: Controller, call: Call) -> Any:
    with controller.store.changing() as state:
        state["syslog"].pop(str(_index(call)), None)
    return "ok"


def _index(call: Call) -> int:
    index = call.number("index", 0)
    if not 0 <= index <= 9:
        raise RefusedError(f"syslog index {index} is not within 0-9.")
    return index


ACTIONS: Actions = {
    "get_remote_syslog_logging_status": _status,
    "enable_remote_syslog_logging": _enable,
    "disable_remote_syslog_logging": _disable,
}
