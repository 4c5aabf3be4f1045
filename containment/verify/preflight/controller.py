"""Reads one Controller through a `ControllerReader` it is given; every fact on its own, so that one refusal hides no other."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from cryptography import x509

from containment.model.names import ControllerVersion, SmartGroupId
from containment.model.spec import ContainmentSpec
from containment.verify.controller import Address, ControllerReader, ControllerUnreadableError
from containment.verify.ownership import foreign_rules
from containment.verify.preflight.facts import AccessAccount, Certificate, ControllerFacts, Unread

_T = TypeVar("_T")


def read_controller(
    address: Address,
    spec: ContainmentSpec,
    connect: Callable[[Address], ControllerReader] = ControllerReader,
    certificate: Callable[[Address], Certificate] | None = None,
) -> ControllerFacts | Unread:
    """Return everything preflight asks of a Controller, or why it cannot be asked at all."""
    reader = _read(lambda: connect(address))
    if isinstance(reader, Unread):
        return reader
    source = f"{spec.object_prefix}-{SmartGroupId.AGENT_WORKLOAD.value}"
    rulesets = _read(reader.rulesets) if spec.config.controller_version is not ControllerVersion.V8_1 else Unread("Controller 8.1 has none")
    return ControllerFacts(
        host=address.host,
        verified=address.verify,
        certificate=_read(lambda: (certificate or certificate_of)(address)),
        version=_read(reader.version),
        accounts=_read(lambda: tuple(_account(each) for each in reader.accounts())),
        features=_read(reader.features),
        foreign_rules=_read(lambda: tuple(foreign_rules(reader, source))),
        points=rulesets if isinstance(rulesets, Unread) else _points(rulesets),
        attached=rulesets
        if isinstance(rulesets, Unread)
        else {str(e["attach_to"]): str(e.get("name")) for e in rulesets if e.get("attach_to")},
        default_action=_read(lambda: _default_action(reader.default_action())),
        copilot=_read(lambda: _copilot(reader.copilot())),
    )


def certificate_of(address: Address, timeout: float = 10) -> Certificate:
    """Return what the Controller shows, read without trusting it; raises ControllerUnreadableError."""
    host, _, port = address.host.partition(":")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with socket.create_connection((host, int(port or 443)), timeout) as link, context.wrap_socket(link, server_hostname=host) as secure:
            shown = x509.load_der_x509_certificate(secure.getpeercert(binary_form=True) or b"")
    except (OSError, ValueError) as error:
        raise ControllerUnreadableError(f"the certificate of {address.host} cannot be read: {error}") from None
    return Certificate(shown.not_valid_after_utc)


def _read(ask: Callable[[], _T]) -> _T | Unread:
    try:
        return ask()
    except ControllerUnreadableError as error:
        return Unread(str(error))
    except (KeyError, TypeError, ValueError) as error:  # an answer of another shape is no answer
        return Unread(f"an answer of the Controller is not understood: {error!r}")


def _account(said: Mapping[str, Any]) -> AccessAccount:
    return AccessAccount(str(said["account_name"]), int(said.get("cloud_type") or 0), str(said.get("account_number") or ""))


def _default_action(said: Mapping[str, Any]) -> tuple[str, bool]:
    return str(said["action"]), said.get("logging") is True


def _copilot(said: Mapping[str, Any]) -> tuple[bool, str]:
    return said.get("status") is True, str(said.get("ip") or "")


def _points(rulesets: list[dict[str, Any]]) -> dict[str, str]:
    points = [sub["attachment_point"] for each in rulesets for sub in each.get("sub_policies") or [] if sub.get("attachment_point")]
    return {str(point["name"]): str(point["uuid"]) for point in points if point.get("name") and point.get("uuid")}
