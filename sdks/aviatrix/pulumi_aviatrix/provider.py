"""The connection to one Controller.

A program either makes a Provider and passes it to its resources, or leaves that out and configures the default one
(`pulumi config set aviatrix:controllerIp ...`); the provider plugin itself reads AVIATRIX_CONTROLLER_IP, _USERNAME and _PASSWORD then.

Rules kept: the password is a secret; whatever is not a string travels as JSON text, as for every Pulumi provider.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, overload

import pulumi
import pulumi.runtime
from pulumi import Input, Output, ResourceOptions

from . import _utilities
from ._inputs import ProviderIgnoreTagsArgs, ProviderIgnoreTagsArgsDict
from ._types import input_type, prepare, resource_type

TYPE = "pulumi:providers:aviatrix"


@input_type
class ProviderArgs:
    """The properties of a Provider."""

    controller_ip: Input[str]
    password: Input[str]
    username: Input[str]
    ignore_tags: Input[ProviderIgnoreTagsArgs | None] = None
    path_to_ca_certificate: Input[str | None] = None
    skip_version_validation: Input[bool | None] = None
    verify_ssl_certificate: Input[bool | None] = None


@resource_type(TYPE)
class Provider(pulumi.ProviderResource):
    """The connection to one Controller. Certificates are verified only with `verify_ssl_certificate`."""

    controller_ip: Output[str]
    password: Output[str]
    path_to_ca_certificate: Output[str | None]
    username: Output[str]

    @overload
    def __init__(self, resource_name: str, args: ProviderArgs, opts: ResourceOptions | None = None) -> None: ...
    @overload
    def __init__(
        self,
        resource_name: str,
        opts: ResourceOptions | None = None,
        *,
        controller_ip: Input[str | None] = None,
        ignore_tags: Input[ProviderIgnoreTagsArgs | ProviderIgnoreTagsArgsDict | None] = None,
        password: Input[str | None] = None,
        path_to_ca_certificate: Input[str | None] = None,
        skip_version_validation: Input[bool | None] = None,
        username: Input[str | None] = None,
        verify_ssl_certificate: Input[bool | None] = None,
    ) -> None: ...
    def __init__(self, resource_name: str, *args: Any, **kwargs: Any) -> None:
        props, opts = prepare(Provider, ProviderArgs, args, kwargs, secret=("password",))
        for name in ("ignore_tags", "skip_version_validation", "verify_ssl_certificate"):
            if vars(props)[name] is not None:
                vars(props)[name] = Output.from_input(vars(props)[name]).apply(_to_json)
        super().__init__(_utilities.PACKAGE, resource_name, props, opts, package_ref=_utilities.get_package())


def _to_json(value: Any) -> str:
    if isinstance(value, Mapping):
        value = ProviderIgnoreTagsArgs(**value)
    return pulumi.runtime.to_json(value)
