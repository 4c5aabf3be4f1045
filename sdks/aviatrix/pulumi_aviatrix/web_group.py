"""A WebGroup: domains or URLs that a rule permits or denies.

`uuid` is what rules refer to. Expressions are an ordered list: keep them sorted, so that nothing changes without need.
"""

from __future__ import annotations

from typing import Any, overload

import pulumi
from pulumi import Input, Output, ResourceOptions

from . import _utilities, outputs
from ._inputs import WebGroupSelectorArgs, WebGroupSelectorArgsDict
from ._types import input_type, prepare, resource_type, with_id

TYPE = "aviatrix:index/webGroup:WebGroup"


@input_type
class WebGroupArgs:
    """The properties of a WebGroup."""

    selector: Input[WebGroupSelectorArgs]
    name: Input[str | None] = None
    web_group_id: Input[str | None] = None


@resource_type(TYPE)
class WebGroup(pulumi.CustomResource):
    """A WebGroup: domains or URLs that a rule permits or denies."""

    name: Output[str]
    selector: Output[outputs.WebGroupSelector]
    uuid: Output[str]
    web_group_id: Output[str]

    @overload
    def __init__(self, resource_name: str, args: WebGroupArgs, opts: ResourceOptions | None = None) -> None: ...
    @overload
    def __init__(
        self,
        resource_name: str,
        opts: ResourceOptions | None = None,
        *,
        name: Input[str | None] = None,
        selector: Input[WebGroupSelectorArgs | WebGroupSelectorArgsDict | None] = None,
        web_group_id: Input[str | None] = None,
    ) -> None: ...
    def __init__(self, resource_name: str, *args: Any, **kwargs: Any) -> None:
        props, opts = prepare(WebGroup, WebGroupArgs, args, kwargs)
        super().__init__(TYPE, resource_name, props, opts, package_ref=_utilities.get_package())

    @staticmethod
    def get(resource_name: str, id: Input[str], opts: ResourceOptions | None = None) -> WebGroup:  # noqa: A002
        """Return the existing WebGroup with this provider id, read and not managed."""
        return WebGroup(resource_name, with_id(id, opts))
