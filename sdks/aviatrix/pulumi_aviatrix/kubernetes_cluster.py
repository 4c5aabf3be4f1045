"""A Kubernetes cluster the Controller reads, so that SmartGroups can name what runs in it.

`cluster_id` is the ARN of an EKS cluster.
"""

from __future__ import annotations

from typing import Any, overload

import pulumi
from pulumi import Input, Output, ResourceOptions

from . import _utilities, outputs
from ._inputs import KubernetesClusterClusterDetailsArgs, KubernetesClusterClusterDetailsArgsDict
from ._types import input_type, prepare, resource_type, with_id

TYPE = "aviatrix:index/kubernetesCluster:KubernetesCluster"


@input_type
class KubernetesClusterArgs:
    """The properties of a KubernetesCluster."""

    cluster_id: Input[str]
    cluster_details: Input[KubernetesClusterClusterDetailsArgs | None] = None
    gateway_tunnel_enabled: Input[bool | None] = None
    intra_cluster_inspection_enabled: Input[bool | None] = None
    kube_config: Input[str | None] = None
    kubernetes_cluster_id: Input[str | None] = None
    use_csp_credentials: Input[bool | None] = None


@resource_type(TYPE)
class KubernetesCluster(pulumi.CustomResource):
    """A Kubernetes cluster the Controller reads, so that SmartGroups can name what runs in it."""

    cluster_details: Output[outputs.KubernetesClusterClusterDetails | None]
    cluster_id: Output[str]
    gateway_tunnel_enabled: Output[bool | None]
    intra_cluster_inspection_enabled: Output[bool | None]
    kube_config: Output[str | None]
    kubernetes_cluster_id: Output[str]
    use_csp_credentials: Output[bool | None]

    @overload
    def __init__(self, resource_name: str, args: KubernetesClusterArgs, opts: ResourceOptions | None = None) -> None: ...
    @overload
    def __init__(
        self,
        resource_name: str,
        opts: ResourceOptions | None = None,
        *,
        cluster_details: Input[KubernetesClusterClusterDetailsArgs | KubernetesClusterClusterDetailsArgsDict | None] = None,
        cluster_id: Input[str | None] = None,
        gateway_tunnel_enabled: Input[bool | None] = None,
        intra_cluster_inspection_enabled: Input[bool | None] = None,
        kube_config: Input[str | None] = None,
        kubernetes_cluster_id: Input[str | None] = None,
        use_csp_credentials: Input[bool | None] = None,
    ) -> None: ...
    def __init__(self, resource_name: str, *args: Any, **kwargs: Any) -> None:
        props, opts = prepare(KubernetesCluster, KubernetesClusterArgs, args, kwargs, secret=("kube_config",))
        super().__init__(TYPE, resource_name, props, opts, package_ref=_utilities.get_package())

    @staticmethod
    def get(resource_name: str, id: Input[str], opts: ResourceOptions | None = None) -> KubernetesCluster:  # noqa: A002
        """Return the existing KubernetesCluster with this provider id, read and not managed."""
        return KubernetesCluster(resource_name, with_id(id, opts))
