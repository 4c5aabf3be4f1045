"""Where a resource is made: its AWS account and region, compared with another resource's.

A default of an account (IMDSv2, volume encryption) is valid in one region of one account. A resource is made where its own
`region` input names, else where its provider is configured. The account is known only as far as providers are: one provider
is one account, and two are the same account when all settings that choose credentials are equal.

Settings: the Terraform AWS provider's configuration block; `region` on each resource since its version 6 (pulumi-aws 7).
"""

from __future__ import annotations

from typing import Any, Final

from policypack.graph import Provider, Resource
from policypack.plain import UNKNOWN

_CREDENTIALS: Final = (
    *("accessKey", "secretKey", "token", "profile", "sharedConfigFiles", "sharedCredentialsFiles", "insecure", "endpoints"),
    *("assumeRole", "assumeRoles", "assumeRoleWithWebIdentity", "allowedAccountIds", "forbiddenAccountIds"),
    *("customCaBundle", "ec2MetadataServiceEndpoint", "httpProxy", "httpsProxy", "stsRegion", "useFipsEndpoint"),
)
"""Settings of a provider that decide in which account, or at which API, it makes things."""


def region_of(resource: Resource) -> Any:
    """Return the region a resource is made in, UNKNOWN when it is an output, None when neither it nor its provider sets one."""
    own = resource.get("region")
    if own not in (None, ""):
        return own
    configured = resource.provider.setting("region") if resource.provider else None
    return resource.output("region") if configured in (None, "") else configured


def is_same_place(one: Resource, other: Resource) -> bool:
    """Return whether two resources are certainly made in the same region of the same account; an unknown is no yes."""
    if not _is_same_account(one.provider, other.provider):
        return False
    is_one_provider = _urn_of(one.provider) == _urn_of(other.provider)
    if is_one_provider and all(resource.get("region") in (None, "") for resource in (one, other)):
        return True  # whatever the provider's region is, it is the same
    mine, theirs = region_of(one), region_of(other)
    return isinstance(mine, str) and mine == theirs


def is_elsewhere(one: Resource, other: Resource) -> bool:
    """Return whether two resources are certainly made in different regions; an unknown region may be the same."""
    mine, theirs = region_of(one), region_of(other)
    return isinstance(mine, str) and isinstance(theirs, str) and mine != theirs


def describe_place(resource: Resource) -> str:
    """Return in words where a resource is made, for messages."""
    region = region_of(resource)
    where = "a region that is not known before the update" if region is UNKNOWN else region or "its provider's region"
    name = _urn_of(resource.provider).rsplit("::", 1)[-1]
    return f"{where} (provider {name})" if name else str(where)


def _is_same_account(one: Provider | None, other: Provider | None) -> bool:
    if one is None or other is None:
        return one is other
    if one.urn == other.urn:
        return True
    settings = [(one.setting(key), other.setting(key)) for key in _CREDENTIALS]
    return all(UNKNOWN not in (mine, theirs) and (mine or None) == (theirs or None) for mine, theirs in settings)


def _urn_of(provider: Provider | None) -> str:
    return provider.urn if provider else ""
