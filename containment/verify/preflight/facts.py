"""What preflight knows of one AWS account and one Controller; everything that could not be read says why.

A fact is its value or `Unread`: a check that needs an unread fact is SKIPPED with that reason, never passed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from ipaddress import IPv4Network

from containment.model.spec import ContainmentSpec


@dataclass(frozen=True)
class Unread:
    """A fact nobody could read, and why."""

    why: str


class Quota(StrEnum):
    """The AWS quotas one more stack uses up, by service code and quota code (Service Quotas console)."""

    VPCS = "vpc/L-F678F1CE"
    INTERNET_GATEWAYS = "vpc/L-A4707A72"
    INTERFACE_ENDPOINTS = "vpc/L-29B6F2EB"
    GATEWAY_ENDPOINTS = "vpc/L-1B52E74A"
    SECURITY_GROUPS = "vpc/L-E79EC296"
    ADDRESSES = "ec2/L-0263D0A3"


@dataclass(frozen=True)
class Usage:
    """How much of a quota is used, and by what this stack has already."""

    limit: int
    used: int
    ours: int


@dataclass(frozen=True)
class Network:
    """A VPC, or the far side of a peering: its id, name and networks; `ours` when it is this stack's own VPC."""

    id: str
    name: str
    cidrs: tuple[IPv4Network, ...]
    ours: bool = False


@dataclass(frozen=True)
class Image:
    """A machine image: who owns it, who may start it, how large its disk is (GB), and from when it is deprecated."""

    id: str
    owner: str
    public: bool
    shared_with: tuple[str, ...]
    snapshots: tuple[str, ...]
    disk_gb: int
    deprecated: date | None


@dataclass(frozen=True)
class AwsFacts:
    """One account in one region, as the caller sees it."""

    account: str
    arn: str
    rights: Mapping[str, bool] | Unread
    """Action -> whether it is allowed; `rights_from` says who said so."""
    rights_from: str
    quotas: Mapping[Quota, Usage | Unread]
    vpcs: tuple[Network, ...] | Unread
    peerings: tuple[Network, ...] | Unread
    image: Image | Unread | None
    """The pinned image; None when none is pinned, or when it does not exist."""
    public_snapshots: tuple[str, ...] | Unread
    snapshot_sharing: str | Unread
    image_sharing: str | Unread
    serial_console: bool | Unread
    encryption_default: bool | Unread
    metadata_defaults: Mapping[str, str] | Unread


@dataclass(frozen=True)
class AccessAccount:
    """An AWS account as a Controller knows it: its own name for it, the cloud (1 is AWS), and the 12-digit number."""

    name: str
    cloud: int
    number: str


@dataclass(frozen=True)
class Certificate:
    """The certificate a Controller shows, whether its chain and name were verified or not."""

    not_after: datetime


@dataclass(frozen=True)
class ControllerFacts:
    """One Controller, as this user sees it."""

    host: str
    verified: bool
    certificate: Certificate | Unread
    version: str | Unread
    accounts: tuple[AccessAccount, ...] | Unread
    features: Mapping[str, bool] | Unread
    foreign_rules: tuple[str, ...] | Unread
    """Rules of the Controller-wide list that are not this stack's."""
    points: Mapping[str, str] | Unread
    """Attachment points of policy groups: name -> uuid."""
    attached: Mapping[str, str] | Unread
    """What hangs on a point: point's uuid -> name of the ruleset or group."""
    default_action: tuple[str, bool] | Unread
    """Action, and whether it is logged."""
    copilot: tuple[bool, str] | Unread
    """Whether a CoPilot is associated, and its address."""


@dataclass(frozen=True)
class Facts:
    """Everything a check may look at."""

    spec: ContainmentSpec
    now: datetime
    aws: AwsFacts | Unread
    controller: ControllerFacts | Unread
    image_is_named: bool = True
    """Whether the configuration names an image at all."""
    account_is_named: bool = True
    """Whether the configuration names the Controller's access account."""
    demanded: frozenset[str] = field(default_factory=frozenset)
    """`aws` and `controller`, where the user asked for the real one: then not reaching it is a failure, not a skip."""
