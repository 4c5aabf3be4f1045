"""Ties CoPilot to the Controller; there is one at most.

`public_ip` and `copilot_fqdn` are newer than release 10.0.
"""

from __future__ import annotations

from typing import Any, overload

import pulumi
from pulumi import Input, Output, ResourceOptions

from . import _utilities
from ._types import input_type, prepare, resource_type, with_id

TYPE = "aviatrix:index/copilotAssociation:CopilotAssociation"


@input_type
class CopilotAssociationArgs:
    """The properties of a CopilotAssociation."""

    copilot_address: Input[str]
    copilot_association_id: Input[str | None] = None
    copilot_fqdn: Input[str | None] = None
    public_ip: Input[str | None] = None


@resource_type(TYPE)
class CopilotAssociation(pulumi.CustomResource):
    """Ties CoPilot to the Controller; there is one at most."""

    copilot_address: Output[str]
    copilot_association_id: Output[str]
    copilot_fqdn: Output[str | None]
    public_ip: Output[str | None]

    @overload
    def __init__(self, resource_name: str, args: CopilotAssociationArgs, opts: ResourceOptions | None = None) -> None: ...
    @overload
    def __init__(
        self,
        resource_name: str,
        opts: ResourceOptions | None = None,
        *,
        copilot_address: Input[str | None] = None,
        copilot_association_id: Input[str | None] = None,
        copilot_fqdn: Input[str | None] = None,
        public_ip: Input[str | None] = None,
    ) -> None: ...
    def __init__(self, resource_name: str, *args: Any, **kwargs: Any) -> None:
        props, opts = prepare(CopilotAssociation, CopilotAssociationArgs, args, kwargs)
        super().__init__(TYPE, resource_name, props, opts, package_ref=_utilities.get_package())

    @staticmethod
    def get(resource_name: str, id: Input[str], opts: ResourceOptions | None = None) -> CopilotAssociation:  # noqa: A002
        """Return the existing CopilotAssociation with this provider id, read and not managed."""
        return CopilotAssociation(resource_name, with_id(id, opts))
