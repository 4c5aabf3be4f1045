"""What was read of an account, as resources, and what could not be read, with the reason."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from containment.verify.preflight.rights import Clients
from policypack.graph import Provider, Resource
from policypack.plain import plain

_NOT_IMPLEMENTED: Final = frozenset(
    {"404", "405", "500", "501", "InternalFailure", "InvalidAction", "NotImplemented", "UnknownOperationException"}
)
"""Error codes with which a simulator answers a call that it does not have (moto)."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What of an account belongs to a stack: its VPCs, hosts and gateways, by id, and the region they are in."""

    region: str
    vpcs: tuple[str, ...]
    subnets: tuple[str, ...]
    hosts: tuple[str, ...]
    gateways: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unread:
    """One part that could not be read; `is_skipped` when the lab's simulator does not have the call."""

    what: str
    why: str
    is_skipped: bool = False


@dataclass
class Reading:
    """Everything read so far: resources, the complete lists of ids per type, and what was not read."""

    provider: Provider | None = None
    is_lab: bool = False
    resources: list[Resource] = field(default_factory=list)
    complete: dict[str, set[str]] = field(default_factory=dict)
    unread: list[Unread] = field(default_factory=list)
    of_controller: set[str] = field(default_factory=set)
    """Ids of what the Controller made for the stack's gateways: their interfaces and security groups."""

    def add(self, type_: str, ident: str, props: Mapping[str, Any], name: str = "") -> None:
        """Add one live resource; `props` are its properties under their Pulumi names, None for those AWS leaves out."""
        known = {**{key: value for key, value in props.items() if value is not None}, "id": ident}
        self.resources.append(
            Resource(
                urn=f"live::{type_}::{name or ident}",
                type=type_,
                name=name or ident,
                props=plain(known),
                outputs=plain(known),
                provider=self.provider,
                is_read=True,
            )
        )

    def list_all(self, *types: str) -> None:
        """State that all resources of these types in the scope are read, so that one that is missing is gone."""
        for type_ in types:
            self.complete.setdefault(type_, set()).update(one.name for one in self.resources if one.type in types)

    def attempt(self, what: str, read: Callable[[], None]) -> None:
        """Read one part; a call that fails leaves the part unread and the others as they are."""
        try:
            read()
        except ClientError as error:
            said = error.response.get("Error", {})
            code = str(said.get("Code", ""))
            why = f"{error.operation_name} was answered with {code}: {said.get('Message', '')}".strip()
            self.unread.append(Unread(what, why, is_skipped=self.is_lab and code in _NOT_IMPLEMENTED))
        except BotoCoreError as error:
            self.unread.append(Unread(what, str(error)))


def pages(client: Any, call: str, member: str, **arguments: Any) -> Iterator[Any]:
    """Yield every item that a call lists, over all of its pages."""
    if client.can_paginate(call):
        for page in client.get_paginator(call).paginate(**arguments):
            yield from page.get(member) or ()
    else:
        yield from getattr(client, call)(**arguments).get(member) or ()


def by(name: str, *values: str) -> dict[str, Any]:
    """Return the `Filters` argument for one filter of EC2."""
    return {"Filters": [{"Name": name, "Values": list(values)}]}


def tags_of(thing: Mapping[str, Any]) -> dict[str, str]:
    """Return the tags of a thing that AWS lists."""
    return {each["Key"]: each["Value"] for each in thing.get("Tags") or ()}


__all__ = ["Clients", "Reading", "Scope", "Unread", "by", "pages", "tags_of"]
