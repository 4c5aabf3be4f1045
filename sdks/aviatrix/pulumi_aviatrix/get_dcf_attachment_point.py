"""Look up an attachment point, by its unique name (provider 8.2 and later).

Looked up before DCF is on, a Controller older than 8.2.10 answers with a wrong id: make the look-up depend on that.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pulumi
import pulumi.runtime
from pulumi import Input, Output

from . import _utilities
from ._types import output_type

TYPE = "aviatrix:index/getDcfAttachmentPoint:getDcfAttachmentPoint"


@output_type
class GetDcfAttachmentPointResult:
    """What the Controller says of an attachment point."""

    attachment_point_id: str
    id: str
    name: str


class AwaitableGetDcfAttachmentPointResult(GetDcfAttachmentPointResult):
    """The same, for programs that await it."""

    def __await__(self) -> Generator[Any, None, GetDcfAttachmentPointResult]:
        yield from ()
        return GetDcfAttachmentPointResult(**vars(self))


def get_dcf_attachment_point(
    name: str | None = None,
    id: str | None = None,  # noqa: A002
    opts: pulumi.InvokeOptions | None = None,
) -> AwaitableGetDcfAttachmentPointResult:
    """Return an attachment point, by its unique name, at once. Use `get_dcf_attachment_point_output` where an input is an output."""
    args = {"name": name, "id": id}
    found = pulumi.runtime.invoke(TYPE, args, opts, GetDcfAttachmentPointResult, package_ref=_utilities.get_package()).value
    return AwaitableGetDcfAttachmentPointResult(**vars(found))


def get_dcf_attachment_point_output(
    name: Input[str | None] = None,
    id: Input[str | None] = None,  # noqa: A002
    opts: pulumi.InvokeOptions | pulumi.InvokeOutputOptions | None = None,
) -> Output[GetDcfAttachmentPointResult]:
    """Return the same as an output, which waits for its inputs and `depends_on`; unknown in a preview while they are."""
    args = {"name": name, "id": id}
    return pulumi.runtime.invoke_output(TYPE, args, opts, GetDcfAttachmentPointResult, package_ref=_utilities.get_package())
