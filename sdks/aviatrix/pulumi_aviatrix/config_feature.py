"""A Controller feature, such as `microseg` (the distributed cloud firewall), on or off (provider 8.2 and later).

Destroying it turns the feature off for the whole Controller.
"""

from __future__ import annotations

from typing import Any, overload

import pulumi
from pulumi import Input, Output, ResourceOptions

from . import _utilities
from ._types import input_type, prepare, resource_type, with_id

TYPE = "aviatrix:index/configFeature:ConfigFeature"


@input_type
class ConfigFeatureArgs:
    """The properties of a ConfigFeature."""

    feature_name: Input[str]
    is_enabled: Input[bool]


@resource_type(TYPE)
class ConfigFeature(pulumi.CustomResource):
    """A Controller feature, such as `microseg` (the distributed cloud firewall), on or off (provider 8.2 and later)."""

    feature_name: Output[str]
    is_enabled: Output[bool]

    @overload
    def __init__(self, resource_name: str, args: ConfigFeatureArgs, opts: ResourceOptions | None = None) -> None: ...
    @overload
    def __init__(
        self,
        resource_name: str,
        opts: ResourceOptions | None = None,
        *,
        feature_name: Input[str | None] = None,
        is_enabled: Input[bool | None] = None,
    ) -> None: ...
    def __init__(self, resource_name: str, *args: Any, **kwargs: Any) -> None:
        props, opts = prepare(ConfigFeature, ConfigFeatureArgs, args, kwargs)
        super().__init__(TYPE, resource_name, props, opts, package_ref=_utilities.get_package())

    @staticmethod
    def get(resource_name: str, id: Input[str], opts: ResourceOptions | None = None) -> ConfigFeature:  # noqa: A002
        """Return the existing ConfigFeature with this provider id, read and not managed."""
        return ConfigFeature(resource_name, with_id(id, opts))
