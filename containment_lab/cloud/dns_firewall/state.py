"""The objects of DNS Firewall per account and region, and functions that its calls share."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from moto.core.exceptions import JsonRESTError
from moto.moto_api._internal import mock_random

Answer = dict[str, Any]


@dataclass
class Firewall:
    """The objects of one account in one region, by id; a group's rules are in `rules`, a list's names in `domains`."""

    lists: dict[str, Answer] = field(default_factory=dict)
    domains: dict[str, set[str]] = field(default_factory=dict)
    groups: dict[str, Answer] = field(default_factory=dict)
    rules: dict[str, list[Answer]] = field(default_factory=dict)
    associations: dict[str, Answer] = field(default_factory=dict)
    configs: dict[str, Answer] = field(default_factory=dict)


_FIREWALLS: defaultdict[tuple[str, str], Firewall] = defaultdict(Firewall)


def find_arns(account: str, region: str) -> set[str]:
    """Return the ARNs of all objects that can have tags."""
    here = _FIREWALLS[account, region]
    return {each["Arn"] for kind in (here.lists, here.groups, here.associations) for each in kind.values()}


def get_firewall(request: Any) -> Firewall:
    """Return the firewall of the request's account and region."""
    return _FIREWALLS[request.current_account, request.region]


def get_parameter(request: Any, name: str) -> Any:
    """Return a parameter of the request, or None."""
    return request._get_param(name)  # noqa: SLF001


def make_error(said: str, code: str = "ValidationException") -> JsonRESTError:
    """Return the error that refuses a call."""
    return JsonRESTError(code, said)


def require_object(things: dict[str, Answer], ident: str) -> Answer:
    """Return the object with an id; raise ResourceNotFoundException."""
    if ident not in things:
        raise make_error(f"{ident} does not exist", "ResourceNotFoundException")
    return things[ident]


def format_now() -> str:
    """Return the time in the API's format."""
    return datetime.now(UTC).isoformat()


def create_object(request: Any, things: dict[str, Answer], short: str, kind: str, **more: Any) -> Answer:
    """Create an object with an id, an ARN and its tags.

    Args:
        request: moto's response object.
        things: The objects of this kind.
        short: The kind as it appears in ids.
        kind: The kind as it appears in ARNs.
        more: Further fields of the object.
    """
    ident = f"rslvr-{short}-{mock_random.get_random_hex(16)}"
    arn = f"arn:aws:route53resolver:{request.region}:{request.current_account}:{kind}/{ident}"
    common = {
        "Id": ident,
        "Arn": arn,
        "Name": get_parameter(request, "Name"),
        "CreatorRequestId": get_parameter(request, "CreatorRequestId"),
    }
    things[ident] = {**common, "Status": "COMPLETE", "CreationTime": format_now(), "ModificationTime": format_now(), **more}
    request.route53resolver_backend.tagger.tag_resource(arn, get_parameter(request, "Tags") or [])
    return things[ident]


def select_metadata(thing: Answer) -> Answer:
    """Return the fields of an object that list calls return."""
    return {key: thing[key] for key in ("Id", "Arn", "Name", "CreatorRequestId", "OwnerId", "ShareStatus") if key in thing}


def delete_object(request: Any, things: dict[str, Answer], ident: str) -> Answer:
    """Delete an object and its tags; return it as the API shows it during deletion."""
    thing = things.pop(ident)
    request.route53resolver_backend.tagger.delete_all_tags_for_resource(thing["Arn"])
    return {**thing, "Status": "DELETING"}
