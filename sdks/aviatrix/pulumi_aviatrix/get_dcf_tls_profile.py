"""Look up a TLS profile, by its display name (provider 8.2 and later).

One that does not exist is an error.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pulumi
import pulumi.runtime
from pulumi import Input, Output

from . import _utilities
from ._types import output_type

TYPE = "aviatrix:index/getDcfTlsProfile:getDcfTlsProfile"


@output_type
class GetDcfTlsProfileResult:
    """What the Controller says of a TLS profile."""

    ca_bundle_id: str
    certificate_validation: str
    display_name: str
    id: str
    uuid: str
    verify_sni: bool


class AwaitableGetDcfTlsProfileResult(GetDcfTlsProfileResult):
    """The same, for programs that await it."""

    def __await__(self) -> Generator[Any, None, GetDcfTlsProfileResult]:
        yield from ()
        return GetDcfTlsProfileResult(**vars(self))


def get_dcf_tls_profile(
    display_name: str | None = None,
    id: str | None = None,  # noqa: A002
    opts: pulumi.InvokeOptions | None = None,
) -> AwaitableGetDcfTlsProfileResult:
    """Return a TLS profile, by its display name, at once. Use `get_dcf_tls_profile_output` where an input is an output."""
    args = {"displayName": display_name, "id": id}
    found = pulumi.runtime.invoke(TYPE, args, opts, GetDcfTlsProfileResult, package_ref=_utilities.get_package()).value
    return AwaitableGetDcfTlsProfileResult(**vars(found))


def get_dcf_tls_profile_output(
    display_name: Input[str | None] = None,
    id: Input[str | None] = None,  # noqa: A002
    opts: pulumi.InvokeOptions | pulumi.InvokeOutputOptions | None = None,
) -> Output[GetDcfTlsProfileResult]:
    """Return the same as an output, which waits for its inputs and `depends_on`; unknown in a preview while they are."""
    args = {"displayName": display_name, "id": id}
    return pulumi.runtime.invoke_output(TYPE, args, opts, GetDcfTlsProfileResult, package_ref=_utilities.get_package())
