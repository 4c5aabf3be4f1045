"""Where the Controller and its gateways send their logs.

`index` 0 to 9; 9 is CoPilot's. UDP, or no CA certificate, sends logs in clear (`notls`). The `*_file` properties hold PEM text.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, overload

import pulumi
from pulumi import Input, Output, ResourceOptions

from . import _utilities
from ._types import input_type, prepare, resource_type, with_id

TYPE = "aviatrix:index/remoteSyslog:RemoteSyslog"


@input_type
class RemoteSyslogArgs:
    """The properties of a RemoteSyslog."""

    port: Input[float]
    server: Input[str]
    ca_certificate_file: Input[str | None] = None
    excluded_gateways: Input[Sequence[Input[str]] | None] = None
    index: Input[float | None] = None
    name: Input[str | None] = None
    private_key_file: Input[str | None] = None
    protocol: Input[str | None] = None
    public_certificate_file: Input[str | None] = None
    remote_syslog_id: Input[str | None] = None
    template: Input[str | None] = None


@resource_type(TYPE)
class RemoteSyslog(pulumi.CustomResource):
    """Where the Controller and its gateways send their logs."""

    ca_certificate_file: Output[str | None]
    excluded_gateways: Output[Sequence[str] | None]
    index: Output[float | None]
    name: Output[str]
    notls: Output[bool]
    port: Output[float]
    private_key_file: Output[str | None]
    protocol: Output[str | None]
    public_certificate_file: Output[str | None]
    remote_syslog_id: Output[str]
    server: Output[str]
    status: Output[str]
    template: Output[str | None]

    @overload
    def __init__(self, resource_name: str, args: RemoteSyslogArgs, opts: ResourceOptions | None = None) -> None: ...
    @overload
    def __init__(
        self,
        resource_name: str,
        opts: ResourceOptions | None = None,
        *,
        ca_certificate_file: Input[str | None] = None,
        excluded_gateways: Input[Sequence[Input[str]] | None] = None,
        index: Input[float | None] = None,
        name: Input[str | None] = None,
        port: Input[float | None] = None,
        private_key_file: Input[str | None] = None,
        protocol: Input[str | None] = None,
        public_certificate_file: Input[str | None] = None,
        remote_syslog_id: Input[str | None] = None,
        server: Input[str | None] = None,
        template: Input[str | None] = None,
    ) -> None: ...
    def __init__(self, resource_name: str, *args: Any, **kwargs: Any) -> None:
        props, opts = prepare(RemoteSyslog, RemoteSyslogArgs, args, kwargs, secret=("private_key_file",))
        super().__init__(TYPE, resource_name, props, opts, package_ref=_utilities.get_package())

    @staticmethod
    def get(resource_name: str, id: Input[str], opts: ResourceOptions | None = None) -> RemoteSyslog:  # noqa: A002
        """Return the existing RemoteSyslog with this provider id, read and not managed."""
        return RemoteSyslog(resource_name, with_id(id, opts))
