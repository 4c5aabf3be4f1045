"""Results of reading an account: resources, and the parts that could not be read, with the reason."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from policypack.graph.plain_data import make_plain
from policypack.graph.resources import Provider, Resource

_NOT_IMPLEMENTED: Final = frozenset(
    {"404", "405", "500", "501", "InternalFailure", "InvalidAction", "NotImplemented", "UnknownOperationException"}
)
"""Error codes of a simulator (moto) for calls that it does not have."""


@dataclass(frozen=True, slots=True)
class Scope:
    """The part of an account that belongs to a stack: ids of its VPCs, subnets, hosts and gateways, and their region."""

    region: str
    vpcs: tuple[str, ...]
    subnets: tuple[str, ...]
    hosts: tuple[str, ...]
    gateways: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class UnreadPart:
    """One part that could not be read; `is_skipped` is true if the lab's simulator does not have the call."""

    what: str
    why: str
    is_skipped: bool = False


@dataclass
class Reading:
    """Everything read so far: resources, complete lists of ids per type, and unread parts."""

    provider: Provider | None = None
    is_lab: bool = False
    resources: list[Resource] = field(default_factory=list)
    complete: dict[str, set[str]] = field(default_factory=dict)
    unread: list[UnreadPart] = field(default_factory=list)
    of_controller: set[str] = field(default_factory=set)
    """Ids of interfaces and security groups that the Controller created for the stack's gateways."""

    def add(self, type_: str, ident: str, props: Mapping[str, Any]) -> None:
        """Add one live resource.

        Args:
            type_: Pulumi type token.
            ident: the id in AWS or on the Controller.
            props: properties under their Pulumi names; None for one that AWS omits.
        """
        known = {**{key: value for key, value in props.items() if value is not None}, "id": ident}
        self.resources.append(
            Resource(
                urn=f"live::{type_}::{ident}",
                type=type_,
                name=ident,
                props=make_plain(known),
                outputs=make_plain(known),
                provider=self.provider,
                is_read=True,
            )
        )

    def mark_complete(self, *types: str) -> None:
        """Mark these types as read completely in the scope, so that a recorded resource that was not read counts as deleted."""
        for type_ in types:
            self.complete.setdefault(type_, set()).update(one.name for one in self.resources if one.type in types)

    def attempt(self, what: str, read: Callable[[], None]) -> None:
        """Read one part; if a call fails, record the part as unread and go on."""
        try:
            read()
        except ClientError as error:
            said = error.response.get("Error", {})
            code = str(said.get("Code", ""))
            why = f"{error.operation_name} failed with {code}: {said.get('Message', '')}".strip()
            self.unread.append(UnreadPart(what, why, is_skipped=self.is_lab and code in _NOT_IMPLEMENTED))
        except BotoCoreError as error:
            self.unread.append(UnreadPart(what, str(error)))


def read_pages(client: Any, call: str, member: str, **arguments: Any) -> Iterator[Any]:
    """Yield every item that a call lists, from all pages."""
    if client.can_paginate(call):
        for page in client.get_paginator(call).paginate(**arguments):
            yield from page.get(member) or ()
    else:
        yield from getattr(client, call)(**arguments).get(member) or ()


def build_filter(name: str, *values: str) -> dict[str, Any]:
    """Return the `Filters` argument for one EC2 filter."""
    return {"Filters": [{"Name": name, "Values": list(values)}]}


def read_tags(thing: Mapping[str, Any]) -> dict[str, str]:
    """Return the tags of a resource in an AWS response."""
    return {each["Key"]: each["Value"] for each in thing.get("Tags") or ()}


def take(thing: Mapping[str, Any], *keys: str) -> dict[str, Any]:
    """Return these properties of an AWS response under the provider's names, which begin with a small letter."""
    return {key: thing.get(key[:1].upper() + key[1:]) for key in keys}
