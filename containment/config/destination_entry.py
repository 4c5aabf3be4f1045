"""One permitted destination of a stack: a bare name or network, or an entry with owner, reason, function and end.

Defines the format of the entries of all keys that list destinations. The rest of the program reads their names (`get_names`), so an
entry and a bare name make the same rules. `validation.entries` checks ends, and refuses bare names in enforce.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from ipaddress import IPv4Network
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field, ValidatorFunctionWrapHandler, WrapValidator

from containment.config.keys.key import Keys
from containment.config.pulumi_format.engine_values import encode_for_engine
from containment.config.pulumi_format.unquoted_values import Day
from containment.config.values import (
    check_private_network,
    decode_json,
    parse_denied_domain,
    parse_network,
    parse_permitted_domain,
    parse_permitted_url,
    parse_resolver_domain,
    refuse_repeated,
)
from containment.config.waivers import require_word
from containment.fixes.unfit_value import NO_VALUE, UnfitError

ENTRY_FIELDS = "{name, owner, reason, function, until}"
"""The fields that an entry must have, for messages; `ticket` is optional."""

Words = Annotated[str, Field(min_length=1), AfterValidator(require_word)]


class DestinationEntry(Keys):
    """A destination, the person or team that answers for it, its purpose, and its last day.

    `function` names the work that needs the destination, `ticket` the request that approved it.
    """

    name: str
    owner: Words
    reason: Words
    function: Words
    until: Day
    ticket: Annotated[str, Field(min_length=1)] | None = None

    def is_active(self, today: date) -> bool:
        """Return whether the entry has not ended; its last day is included."""
        return today <= self.until

    def __str__(self) -> str:
        return self.name


class PermittedEntry(DestinationEntry):
    """An entry whose name is permitted."""

    name: Annotated[str, AfterValidator(parse_permitted_domain)]


class DeniedEntry(DestinationEntry):
    """An entry whose name is denied."""

    name: Annotated[str, AfterValidator(parse_denied_domain)]


class UrlEntry(DestinationEntry):
    """An entry whose name is a URL, as `host/path*`."""

    name: Annotated[str, AfterValidator(parse_permitted_url)]


def parse_permitted_network(raw: str | IPv4Network) -> IPv4Network:
    """Return a network that a permit by address can name."""
    return check_private_network(parse_network(raw))


class ResolverEntry(DestinationEntry):
    """An entry whose name the resolver answers."""

    name: Annotated[str, AfterValidator(parse_resolver_domain)]


class NetworkEntry(DestinationEntry):
    """An entry whose name is a network, permitted by address; `name` is the network without host bits."""

    name: Annotated[str, AfterValidator(lambda raw: str(parse_permitted_network(raw)))]


Destination: TypeAlias = DestinationEntry | str | IPv4Network
"""One item of a key that lists destinations."""


def _accept_bare_name(check: Any) -> WrapValidator:
    """Return a validator that also accepts a bare name or network; `check` returns it in its normal form."""

    def validate(raw: Any, handler: ValidatorFunctionWrapHandler) -> Any:
        if isinstance(raw, Mapping | DestinationEntry):
            return handler(raw)
        if not isinstance(raw, str | IPv4Network):
            text = encode_for_engine(raw) if isinstance(raw, int | float) and not isinstance(raw, bool) else None
            fix = f"write one name, or an entry {ENTRY_FIELDS}" if text is None else f'quote it: "{text}"'
            raise UnfitError("is not a text, and not an entry", fix, NO_VALUE if text is None else text)
        return check(raw)

    return WrapValidator(validate)


def get_name(item: Destination) -> str:
    """Return the name of an item."""
    return item.name if isinstance(item, DestinationEntry) else str(item)


def get_names(items: Iterable[Destination]) -> tuple[str, ...]:
    """Return the names of items, in their order."""
    return tuple(map(get_name, items))


def get_networks(items: Iterable[Destination]) -> tuple[IPv4Network, ...]:
    """Return the networks of items that are permitted by address, in their order."""
    return tuple(map(IPv4Network, get_names(items)))


def _refuse_repeated_names(items: tuple[Destination, ...]) -> tuple[Destination, ...]:
    refuse_repeated(get_names(items), map(dump_item, items))
    return items


def dump_item(item: Destination) -> Any:
    """Return an item as configuration has it: a text, or a mapping."""
    return item.model_dump(mode="json", by_alias=True, exclude_none=True) if isinstance(item, DestinationEntry) else str(item)


if TYPE_CHECKING:
    Domains: TypeAlias = tuple[Destination, ...]
    DeniedDomains: TypeAlias = tuple[Destination, ...]
    Urls: TypeAlias = tuple[Destination, ...]
    Networks: TypeAlias = tuple[Destination, ...]
    ResolverNames: TypeAlias = tuple[Destination, ...]
else:  # pydantic validates an entry; the wrapper also returns bare names, which keeps a union's tags out of the messages
    _ONCE = (BeforeValidator(decode_json), AfterValidator(_refuse_repeated_names))
    Domains = Annotated[tuple[Annotated[PermittedEntry, _accept_bare_name(parse_permitted_domain)], ...], *_ONCE]
    DeniedDomains = Annotated[tuple[Annotated[DeniedEntry, _accept_bare_name(parse_denied_domain)], ...], *_ONCE]
    Urls = Annotated[tuple[Annotated[UrlEntry, _accept_bare_name(parse_permitted_url)], ...], *_ONCE]
    ResolverNames = Annotated[tuple[Annotated[ResolverEntry, _accept_bare_name(parse_resolver_domain)], ...], *_ONCE]
    Networks = Annotated[tuple[Annotated[NetworkEntry, _accept_bare_name(parse_permitted_network)], ...], *_ONCE]
