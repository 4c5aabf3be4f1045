"""The model of fleet.yaml: sites, the site of stacks that name none, and stacks that are left out."""

from __future__ import annotations

import re
from ipaddress import IPv4Network
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from containment.fixes.networks import read_network

FILE: Final = "fleet.yaml"
PLATFORM: Final = "platform"
_HOST: Final = re.compile(r"(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*")
SITE_NAME: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def _require_network(value: Any) -> Any:
    """Refuse a network that is no text, or that has host bits; the message has the fix after a semicolon."""
    if not isinstance(value, str):
        raise ValueError(f"is {value!r}, which is not an IPv4 network; write it as text, such as 10.64.0.0/12")
    found = read_network(value)
    if found is None or "/" not in value:
        raise ValueError(f"is {value!r}, which is not an IPv4 network; write ADDRESS/LENGTH, such as {found or '10.64.0.0/12'}")
    if str(found) != value.strip():
        raise ValueError(f"is {value!r}, which has bits set after its length; write {found}")
    return value.strip()


def _require_host(value: str) -> str:
    if not _HOST.fullmatch(value):
        near = re.sub(r"^[a-z]+://", "", value).partition("/")[0].partition(":")[0]
        fix = f"write {near}" if _HOST.fullmatch(near) else "write one name or address, such as controller.example.com"
        raise ValueError(f"is {value!r}, which is not one host name or address; {fix}")
    return value.lower()


def _require_site_name(value: str) -> str:
    if not SITE_NAME.fullmatch(value):
        near = re.sub(r"[^a-z0-9]+", "-", value.lower()).strip("-") or "us-east"
        raise ValueError(f"is named {value!r}, and the name is part of stack names; write {near}")
    return value


def _require_text(value: str) -> str:
    if not value.strip():
        raise ValueError("is empty; write it out")
    return value.strip()


Text = Annotated[str, AfterValidator(_require_text)]
Network = Annotated[IPv4Network, BeforeValidator(_require_network, json_schema_input_type=str)]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=False, title=None)


class Site(_Model):
    """One site: the account, region, Controller and networks of the stacks whose name ends in it."""

    account: Text = Field(strict=True, description="The Controller's name for the AWS account (awsAccessAccount).")
    region: Text = Field(strict=True, description="AWS region (awsRegion).")
    controller: Annotated[str, AfterValidator(_require_host)] = Field(
        strict=True, description="Name or address of the Aviatrix Controller (aviatrix:controllerIp)."
    )
    cidrs: tuple[Network, ...] = Field(min_length=1, description="Networks that contain the VPC of every stack of the site.")
    platform: Text = Field(default=PLATFORM, strict=True, description="Stack of platform/ on this site's Controller.")


class FleetFile(_Model):
    """The content of fleet.yaml."""

    sites: dict[Annotated[str, AfterValidator(_require_site_name)], Site] = Field(default={}, description="Sites by name.")
    default: Text | None = Field(default=None, strict=True, description="The site of stacks whose name has no site.")
    exclude: dict[str, Text] = Field(default={}, description="Stacks that are not in the fleet, each with the reason.")
