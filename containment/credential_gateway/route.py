"""Routes: one host with its API, its secret, and the models and names that a class may use there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Final

from pydantic import AfterValidator, Field

from containment.credential_gateway.api import CredentialApi, Slug
from containment.errors import InputError, Problem
from containment.fixes.nearest_word import make_proposal
from containment.fixes.unfit_value import UnfitError
from containment.patterns.domain import DomainPattern
from containment.reviewed_data import ReviewedModel

MEBIBYTE: Final = 1024 * 1024
DEFAULT_BODY: Final = 4 * MEBIBYTE
LARGEST_BODY: Final = 32 * MEBIBYTE
"""The largest limit of a body: the gateway keeps each body in memory while it is judged."""
_ARN: Final = re.compile(r"arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:[A-Za-z0-9/_+=.@-]+-[A-Za-z0-9]{6}")
_NAME: Final = re.compile(r"[A-Za-z0-9._~:@+-]+(/[A-Za-z0-9._~:@+-]+)*")
_NO_ENTRY: Final = "an empty list permits nothing, and a missing one must not permit everything"


def check_secret(text: str) -> str:
    """Return the whole ARN of one secret; raise UnfitError for other text."""
    if not _ARN.fullmatch(text):
        raise UnfitError(
            "is not the whole ARN of one secret",
            "write it as AWS shows it, such as arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME-AbCdEf",
        )
    return text


def check_exact_host(raw: str) -> str:
    """Return one exact host in normal form; raise UnfitError for other text."""
    try:
        pattern = DomainPattern.parse(raw)
    except ValueError as error:
        raise UnfitError(str(error), "write one exact host, such as api.example.com") from None
    if not pattern.is_exact or "." not in pattern.text:
        raise UnfitError("is not one exact host: a key is for one destination", "write one exact host, such as api.example.com")
    return pattern.text


def check_name(text: str) -> str:
    """Return one exact name of a model or of another parameter; raise UnfitError for other text."""
    if not _NAME.fullmatch(text):
        raise UnfitError("is not an exact name (wildcards are not read)", "write one model or name exactly, one per entry")
    return text


class RouteEntry(ReviewedModel):
    """One entry of a gateway's configuration.

    Attributes:
        host: the destination.
        secret: the ARN of the secret with the key.
        names: permitted values by parameter: `model`, and others that the API's operations have.
        max_body_bytes: the largest body.
    """

    host: Annotated[str, AfterValidator(check_exact_host)]
    secret: Annotated[str, AfterValidator(check_secret)]
    names: Mapping[Slug, tuple[Annotated[str, AfterValidator(check_name)], ...]] = {}
    max_body_bytes: Annotated[int, Field(ge=1, le=LARGEST_BODY)] = DEFAULT_BODY


@dataclass(frozen=True, kw_only=True)
class CredentialRoute:
    """One destination of one class: the only requests that get the secret's key."""

    agent_class: str
    host: str
    api: CredentialApi
    secret: str
    names: Mapping[str, frozenset[str]]
    max_body_bytes: int


@dataclass(frozen=True)
class RouteTable:
    """The routes of one gateway, by class and host."""

    routes: tuple[CredentialRoute, ...]
    _by_key: Mapping[tuple[str, str], CredentialRoute] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        found = {(route.agent_class, route.host): route for route in self.routes}
        assert len(found) == len(self.routes), "one destination of a class has one secret"
        object.__setattr__(self, "_by_key", found)

    def find(self, agent_class: str, host: str) -> CredentialRoute | None:
        """Return the route of a class to a host, None if there is none."""
        return self._by_key.get((agent_class, host))

    @property
    def secrets(self) -> tuple[str, ...]:
        """The secrets that the gateway reads, sorted, each once."""
        return tuple(sorted({route.secret for route in self.routes}))


def build_routes(agent_class: str, entries: Sequence[RouteEntry], apis: Mapping[str, CredentialApi], where: str) -> RouteTable:
    """Return the routes of a class; raises InputError with every problem.

    Args:
        agent_class: the class.
        entries: the gateway's configuration.
        apis: the reviewed APIs by name.
        where: the file and key of the entries, for the problems.
    """
    problems: list[Problem] = []
    routes = []
    for place, entry in enumerate(entries):
        at = f"{where}.{place}"
        api = _find_api(entry, apis, at, problems)
        if any(entry.host == other.host for other in entries[:place]):
            why = "a request would get one of two keys by chance"
            problems.append(Problem(f"{at}.host", f"{entry.host} is there twice", why, f"remove {at}, or the entry before it"))
        if api is None:
            continue
        problems += _find_name_problems(entry, api, at)
        routes.append(
            CredentialRoute(
                agent_class=agent_class,
                host=entry.host,
                api=api,
                secret=entry.secret,
                names={name: frozenset(values) for name, values in entry.names.items()},
                max_body_bytes=entry.max_body_bytes,
            )
        )
    if not entries:
        problems.append(
            Problem(where, "has no entry", "a gateway without a destination refuses everything", "name a host and its secret, or remove it")
        )
    if problems:
        raise InputError(f"{where} cannot be used", problems)
    return RouteTable(tuple(routes))


def _find_api(entry: RouteEntry, apis: Mapping[str, CredentialApi], at: str, problems: list[Problem]) -> CredentialApi | None:
    found = [api for api in apis.values() if api.matches_host(entry.host)]
    if len(found) == 1:
        return found[0]
    hosts = sorted({host for api in apis.values() for host in api.hosts})
    if not found:
        fix = make_proposal(entry.host, hosts, "add the API's file to presets/credentials/, with its review", verb="write")
        why = "the requests that may carry the key are reviewed per API"
        problems.append(Problem(f"{at}.host", f"{entry.host} is a host of no API in presets/credentials/", why, fix))
    else:
        names = ", ".join(sorted(api.name for api in found))
        why = "the first one found would decide"
        problems.append(Problem(f"{at}.host", f"{entry.host} is a host of two APIs: {names}", why, "remove the host from one of them"))
    return None


def _find_name_problems(entry: RouteEntry, api: CredentialApi, at: str) -> Iterator[Problem]:
    wanted = sorted({name for one in api.operations for name in one.parameters})
    for name in wanted:
        if not entry.names.get(name):
            fix = f"list each permitted {name} under {at}.names.{name}"
            yield Problem(f"{at}.names", f"lists no {name}, which {api.name}'s requests name", _NO_ENTRY, fix)
    for name in sorted(entry.names.keys() - {*wanted}):
        fix = make_proposal(name, wanted, "remove it", verb="write")
        yield Problem(f"{at}.names.{name}", f"{api.name} has no parameter {name}", "a list that nothing reads restricts nothing", fix)
