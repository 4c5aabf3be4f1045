"""What one account's DNS Firewall holds in a region, and what its calls share."""

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
    """What one account has in one region, by id; a group's rules are in `rules`, a list's names in `domains`."""

    lists: dict[str, Answer] = field(default_factory=dict)
    domains: dict[str, set[str]] = field(default_factory=dict)
    groups: dict[str, Answer] = field(default_factory=dict)
    rules: dict[str, list[Answer]] = field(default_factory=dict)
    associations: dict[str, Answer] = field(default_factory=dict)
    configs: dict[str, Answer] = field(default_factory=dict)


_FIREWALLS: defaultdict[tuple[str, str], Firewall] = defaultdict(Firewall)


def arns(account: str, region: str) -> set[str]:
    """Return the ARNs of everything here that carries tags."""
    here = _FIREWALLS[account, region]
    return {each["Arn"] for kind in (here.lists, here.groups, here.associations) for each in kind.values()}


def firewall(request: Any) -> Firewall:
    """Return the firewall of the request's account and region."""
    return _FIREWALLS[request.current_account, request.region]


def asked(request: Any, name: str) -> Any:
    """Return a parameter of the request, or None."""
    return request._get_param(name)  # noqa: SLF001


def refused(said: str, code: str = "ValidationException") -> JsonRESTError:
    """Return the error that refuses a call."""
    return JsonRESTError(code, said)


def known(things: dict[str, Answer], ident: str) -> Answer:
    """Return the thing of an id; raises ResourceNotFoundException."""
    if ident not in things:
        raise refused(f"{ident} does not exist", "ResourceNotFoundException")
    return things[ident]


def now() -> str:
    """Return the time as the API writes it."""
    return datetime.now(UTC).isoformat()


def made(request: Any, things: dict[str, Answer], short: str, kind: str, **more: Any) -> Answer:
    """Make a thing with an id, an ARN and its tags."""
    ident = f"rslvr-{short}-{mock_random.get_random_hex(16)}"
    arn = f"arn:aws:route53resolver:{request.region}:{request.current_account}:{kind}/{ident}"
    common = {"Id": ident, "Arn": arn, "Name": asked(request, "Name"), "CreatorRequestId": asked(request, "CreatorRequestId")}
    things[ident] = {**common, "Status": "COMPLETE", "CreationTime": now(), "ModificationTime": now(), **more}
    request.route53resolver_backend.tagger.tag_resource(arn, asked(request, "Tags") or [])
    return things[ident]


def metadata(thing: Answer) -> Answer:
    """Return what list calls show of a thing."""
    return {key: thing[key] for key in ("Id", "Arn", "Name", "CreatorRequestId", "OwnerId", "ShareStatus") if key in thing}


def dropped(request: Any, things: dict[str, Answer], ident: str) -> Answer:
    """Forget a thing and its tags; return it as the API shows it while it goes."""
    thing = things.pop(ident)
    request.route53resolver_backend.tagger.delete_all_tags_for_resource(thing["Arn"])
    return {**thing, "Status": "DELETING"}
