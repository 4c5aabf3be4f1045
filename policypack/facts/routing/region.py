"""The AWS account and region of a resource, compared with another resource's.

A default of an account (IMDSv2, volume encryption) applies to one region of one account. A resource's region is its `region` input,
else its provider's. Accounts are compared by provider: one provider is one account, and two providers are the same account if all
settings that choose credentials are equal.

Settings: the Terraform AWS provider's configuration block; `region` on each resource since its version 6 (pulumi-aws 7).
"""

from __future__ import annotations

from typing import Any, Final

from policypack.graph.plain_data import UNKNOWN
from policypack.graph.resources import Provider, Resource

_CREDENTIALS: Final = (
    *("accessKey", "secretKey", "token", "profile", "sharedConfigFiles", "sharedCredentialsFiles", "insecure", "endpoints"),
    *("assumeRole", "assumeRoles", "assumeRoleWithWebIdentity", "allowedAccountIds", "forbiddenAccountIds"),
    *("customCaBundle", "ec2MetadataServiceEndpoint", "httpProxy", "httpsProxy", "stsRegion", "useFipsEndpoint"),
)
"""Settings of a provider that decide in which account, or at which API, it creates resources."""


def get_region(resource: Resource) -> Any:
    """Return a resource's region: UNKNOWN if it is an output, None if neither the resource nor its provider sets one."""
    own = resource.get("region")
    if own not in (None, ""):
        return own
    configured = resource.provider.get_setting("region") if resource.provider else None
    return resource.get_output("region") if configured in (None, "") else configured


def is_same_place(one: Resource, other: Resource) -> bool:
    """Return whether two resources are certainly in the same region of the same account; False if unknown."""
    if not _is_same_account(one.provider, other.provider):
        return False
    is_one_provider = _get_urn(one.provider) == _get_urn(other.provider)
    if is_one_provider and all(resource.get("region") in (None, "") for resource in (one, other)):
        return True  # whatever the provider's region is, it is the same
    mine, theirs = get_region(one), get_region(other)
    return isinstance(mine, str) and mine == theirs


def is_elsewhere(one: Resource, other: Resource) -> bool:
    """Return whether two resources are certainly in different regions; False if a region is unknown."""
    mine, theirs = get_region(one), get_region(other)
    return isinstance(mine, str) and isinstance(theirs, str) and mine != theirs


def describe_place(resource: Resource) -> str:
    """Return a resource's region and provider in words, for messages."""
    region = get_region(resource)
    where = "a region that is not known before the update" if region is UNKNOWN else region or "its provider's region"
    name = _get_urn(resource.provider).rsplit("::", 1)[-1]
    return f"{where} (provider {name})" if name else str(where)


def _is_same_account(one: Provider | None, other: Provider | None) -> bool:
    if one is None or other is None:
        return one is other
    if one.urn == other.urn:
        return True
    settings = [(one.get_setting(key), other.get_setting(key)) for key in _CREDENTIALS]
    return all(UNKNOWN not in (mine, theirs) and (mine or None) == (theirs or None) for mine, theirs in settings)


def _get_urn(provider: Provider | None) -> str:
    return provider.urn if provider else ""
