"""Facts of one Controller, read through a `ControllerReader`, each separately, so that one refusal hides no other fact.

They include the faults of an intrusion profile (what keeps it from dropping major and critical intrusions) and ownership: rules of other
owners in the policy list, and the attachment points of policy groups.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from cryptography import x509

from containment.config.spec import ContainmentSpec
from containment.controller_api.client import ControllerAddress
from containment.controller_api.errors import ControllerError
from containment.controller_api.reader import ControllerReader
from containment.names import DROPPED_SEVERITIES, INTRUSION_ACTIONS, ControllerVersion, SmartGroupId
from containment.preflight.facts import AccessAccount, Certificate, ControllerFacts, UnreadFact


def find_profile_faults(profile: Mapping[str, Any]) -> list[str]:
    """Return what a profile on the Controller lacks, as the ends of a sentence; empty if it drops major and critical intrusions."""
    actions, feeds = profile.get("intrusion_actions") or {}, profile.get("rule_feeds") or {}
    faults = [f"only reports {one} intrusions" for one in DROPPED_SEVERITIES if actions.get(one) != INTRUSION_ACTIONS[one]]
    if not (feeds.get("external_feeds_ids") or feeds.get("custom_feeds_ids")):
        faults.append("uses no rule feed")
    if left := [*(feeds.get("ignored_sids") or ()), *(feeds.get("never_drop_sids") or ())]:
        faults.append(f"leaves out {len(left)} rules of its feeds")
    return faults


def find_foreign_rules(reader: ControllerReader, source_group: str) -> list[str]:
    """Return the names of the policy list's rules whose source is not exactly `source_group`."""
    names = reader.get_group_names()
    return [rule["name"] for rule in reader.get_policy_list() if [names.get(uuid) for uuid in rule.get("src_ads") or []] != [source_group]]


def find_attachment_points(reader: ControllerReader) -> dict[str, str]:
    """Return the attachment points of the Controller's policy groups: name -> uuid.

    A group that the list contains without its children is read separately.
    """
    listed = reader.get_rulesets()
    brief = [str(each["uuid"]) for each in listed if each.get("uuid") and not each.keys() & {"sub_policies", "policies"}]
    return parse_points([*listed, *map(reader.get_ruleset, brief)])


def parse_points(rulesets: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Return the attachment points in policy groups, in the form in which the Controller lists them: name -> uuid."""
    points = [sub["attachment_point"] for each in rulesets for sub in each.get("sub_policies") or [] if sub.get("attachment_point")]
    return {str(point["name"]): str(point["uuid"]) for point in points if point.get("name") and point.get("uuid")}


_T = TypeVar("_T")


def read_controller(
    address: ControllerAddress,
    spec: ContainmentSpec,
    connect: Callable[[ControllerAddress], ControllerReader] = ControllerReader,
    certificate: Callable[[ControllerAddress], Certificate] | None = None,
) -> ControllerFacts | UnreadFact:
    """Return the facts of a Controller, or why it cannot be read at all.

    Args:
        address: host, login and TLS settings.
        spec: the stack to be deployed; its names identify its own rules.
        connect: opens the session; tests replace it.
        certificate: reads the server's certificate; `read_certificate` by default.
    """
    reader = _attempt(lambda: connect(address))
    if isinstance(reader, UnreadFact):
        return reader
    source = f"{spec.object_prefix}-{SmartGroupId.AGENT_WORKLOAD.value}"
    rulesets = (
        _attempt(reader.get_rulesets)
        if spec.config.controller_version.line is not ControllerVersion.V8_1
        else UnreadFact("Controller 8.1 has none")
    )
    return ControllerFacts(
        host=address.host,
        verified=address.verify,
        certificate=_attempt(lambda: (certificate or read_certificate)(address)),
        version=_attempt(reader.get_version),
        accounts=_attempt(lambda: tuple(_parse_account(each) for each in reader.get_accounts())),
        features=_attempt(reader.get_features),
        foreign_rules=_attempt(lambda: tuple(find_foreign_rules(reader, source))),
        points=rulesets if isinstance(rulesets, UnreadFact) else parse_points(rulesets),
        attached=rulesets
        if isinstance(rulesets, UnreadFact)
        else {str(e["attach_to"]): str(e.get("name")) for e in rulesets if e.get("attach_to")},
        default_action=_attempt(lambda: _parse_default_action(reader.get_default_action())),
        copilot=_attempt(lambda: _parse_copilot(reader.get_copilot())),
        intrusion_faults=_attempt(lambda: tuple(find_profile_faults(reader.get_default_intrusion_profile())))
        if spec.config.intrusion_detection and not spec.config.manage_controller_policy
        else None,
    )


def read_certificate(address: ControllerAddress, timeout: float = 10) -> Certificate:
    """Return the certificate that the Controller presents, without verifying it; raise ControllerError if it cannot be read."""
    host, _, port = address.host.partition(":")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with socket.create_connection((host, int(port or 443)), timeout) as link, context.wrap_socket(link, server_hostname=host) as secure:
            shown = x509.load_der_x509_certificate(secure.getpeercert(binary_form=True) or b"")
    except (OSError, ValueError) as error:
        raise ControllerError(f"the certificate of {address.host} cannot be read: {error}") from None
    return Certificate(shown.not_valid_after_utc)


def _attempt(ask: Callable[[], _T]) -> _T | UnreadFact:
    try:
        return ask()
    except ControllerError as error:
        return UnreadFact(str(error))
    except (KeyError, TypeError, ValueError) as error:  # a response of another shape counts as unread
        return UnreadFact(f"a response of the Controller has an unexpected form: {error!r}")


def _parse_account(said: Mapping[str, Any]) -> AccessAccount:
    return AccessAccount(str(said["account_name"]), int(said.get("cloud_type") or 0), str(said.get("account_number") or ""))


def _parse_default_action(said: Mapping[str, Any]) -> tuple[str, bool]:
    return str(said["action"]), said.get("logging") is True


def _parse_copilot(said: Mapping[str, Any]) -> tuple[bool, str]:
    return said.get("status") is True, str(said.get("ip") or "")
