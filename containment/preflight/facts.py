"""Facts about one AWS account and one Controller, as the checks read them.

A fact is a value or `Unread` with its reason: a check that needs an unread fact is SKIPPED with that reason, never passed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from ipaddress import IPv4Network
from typing import TypeVar

from containment.config.spec import ContainmentSpec

_T = TypeVar("_T")


@dataclass(frozen=True)
class UnreadFact:
    """A fact that could not be read, and why."""

    why: str


class UnreadFactError(Exception):
    """A check needs a fact that could not be read."""

    def __init__(self, fact: UnreadFact) -> None:
        super().__init__(fact.why)
        self.fact = fact


def require_fact(fact: _T | UnreadFact) -> _T:
    """Return a fact; raise UnreadFactError, by which the check is SKIPPED, for one that could not be read."""
    if isinstance(fact, UnreadFact):
        raise UnreadFactError(fact)
    return fact


class Quota(StrEnum):
    """The AWS quotas that one more stack uses, by service code and quota code (Service Quotas console)."""

    VPCS = "vpc/L-F678F1CE"
    INTERNET_GATEWAYS = "vpc/L-A4707A72"
    INTERFACE_ENDPOINTS = "vpc/L-29B6F2EB"
    GATEWAY_ENDPOINTS = "vpc/L-1B52E74A"
    SECURITY_GROUPS = "vpc/L-E79EC296"
    ADDRESSES = "ec2/L-0263D0A3"


@dataclass(frozen=True)
class Usage:
    """Use of a quota: the limit, the use in all, and the use by this stack (`ours`)."""

    limit: int
    used: int
    ours: int


@dataclass(frozen=True)
class Network:
    """A VPC, or the remote side of a peering: id, name and networks; `ours` is true for this stack's VPC."""

    id: str
    name: str
    cidrs: tuple[IPv4Network, ...]
    ours: bool = False


@dataclass(frozen=True)
class Image:
    """A machine image: owner, accounts that may start it, disk size in GB, and date of deprecation."""

    id: str
    owner: str
    public: bool
    shared_with: tuple[str, ...]
    snapshots: tuple[str, ...]
    disk_gb: int
    deprecated: date | None


@dataclass(frozen=True)
class AwsFacts:
    """One account in one region, as the caller's credentials show it."""

    account: str
    arn: str
    rights: Mapping[str, bool] | UnreadFact
    """Action -> whether it is allowed; `rights_from` names the source of the answer."""
    rights_from: str
    quotas: Mapping[Quota, Usage | UnreadFact]
    vpcs: tuple[Network, ...] | UnreadFact
    peerings: tuple[Network, ...] | UnreadFact
    image: Image | UnreadFact | None
    """The pinned image; None when none is pinned, or when it does not exist."""
    public_snapshots: tuple[str, ...] | UnreadFact
    snapshot_sharing: str | UnreadFact
    image_sharing: str | UnreadFact
    serial_console: bool | UnreadFact
    encryption_default: bool | UnreadFact
    metadata_defaults: Mapping[str, str] | UnreadFact


@dataclass(frozen=True)
class AccessAccount:
    """An AWS account as registered on a Controller: access account name, cloud type (1 is AWS), and 12-digit account number."""

    name: str
    cloud: int
    number: str


@dataclass(frozen=True)
class Certificate:
    """The certificate that a Controller presents, whether or not its chain and name were verified."""

    not_after: datetime


@dataclass(frozen=True)
class ControllerFacts:
    """One Controller, as the configured user sees it."""

    host: str
    verified: bool
    certificate: Certificate | UnreadFact
    version: str | UnreadFact
    accounts: tuple[AccessAccount, ...] | UnreadFact
    features: Mapping[str, bool] | UnreadFact
    foreign_rules: tuple[str, ...] | UnreadFact
    """Rules of the Controller-wide list that are not this stack's."""
    points: Mapping[str, str] | UnreadFact
    """Attachment points of policy groups: name -> uuid."""
    attached: Mapping[str, str] | UnreadFact
    """Attached policies: uuid of the attachment point -> name of the ruleset or group."""
    default_action: tuple[str, bool] | UnreadFact
    """The action, and whether it is logged."""
    copilot: tuple[bool, str] | UnreadFact
    """Whether a CoPilot is associated, and its address."""
    intrusion_faults: tuple[str, ...] | UnreadFact | None = None
    """What keeps the default intrusion profile from dropping intrusions; None if the stack relies on no such profile of others."""


@dataclass(frozen=True)
class Facts:
    """The input of every check."""

    spec: ContainmentSpec
    now: datetime
    aws: AwsFacts | UnreadFact
    controller: ControllerFacts | UnreadFact
    image_is_named: bool = True
    """Whether the configuration names an image at all."""
    account_is_named: bool = True
    """Whether the configuration names the Controller's access account."""
    demanded: frozenset[str] = field(default_factory=frozenset)
    """`aws` and `controller` where the user named the real system: then failing to reach it is FAIL instead of SKIPPED."""
