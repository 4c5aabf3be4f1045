"""`aviatrix_kubernetes_cluster`: a cluster from which the Controller reads names and pods. The lab reads none."""

# ruff: noqa: ARG002 - methods have the base's signature

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from containment_lab.providers.aviatrix.resource import RestResource
from containment_lab.providers.handler import Call, Props, RefusedError
from containment_lab.wire import UNKNOWN

DETAILS: Final = {
    "accountId": "account_id",
    "accountName": "account_name",
    "compartment": "compartment",
    "entraIdAuthn": "entra_id_authn",
    "isPubliclyAccessible": "public",
    "name": "name",
    "networkMode": "network_mode",
    "platform": "platform",
    "project": "project",
    "region": "region",
    "version": "version",
    "vpcId": "vpc_id",
}
"""Fields of `clusterDetails`, with the API's names; `tags` is a list of keys and values there."""
SWITCHES: Final = {
    "gatewayTunnelEnabled": "gateway_tunnel_enabled",
    "intraClusterInspectionEnabled": "intra_cluster_inspection_enabled",
}
REQUIRED: Final = ("accountId", "accountName", "isPubliclyAccessible", "name", "networkMode", "platform", "region", "version", "vpcId")


class KubernetesCluster(RestResource):
    """`aviatrix_kubernetes_cluster`."""

    type_name = "kubernetesCluster"
    path = "k8s/clusters"
    inputs = frozenset({"clusterId", "clusterDetails", "kubeConfig", "useCspCredentials", *SWITCHES})
    required = frozenset({"clusterId"})
    secrets = frozenset({"kubeConfig"})
    newer = dict.fromkeys(SWITCHES, (10, 1, 0))
    unless_set = {**dict.fromkeys(SWITCHES, False), "useCspCredentials": False, "kubeConfig": ""}

    def validate(self, call: Call, inputs: Props) -> Iterable[tuple[str, str]]:
        """Check the details of a cluster that no cloud manages."""
        details = inputs.get("clusterDetails")
        if not isinstance(details, dict):
            return
        yield from ((f"clusterDetails.{key}", "Missing required argument") for key in REQUIRED if details.get(key) is None)
        strange = sorted(details.keys() - DETAILS.keys() - {"tags"})
        yield from ((f"clusterDetails.{key}", f"Invalid or unknown key {key!r}") for key in strange)
        mode = details.get("networkMode")
        if mode not in (None, UNKNOWN, "FLAT", "OVERLAY"):
            yield "clusterDetails.networkMode", f"expected network_mode to be one of ['FLAT' 'OVERLAY'], got {mode}"

    def is_same(self, key: str, one: Any, other: Any) -> bool:
        """Compare kubeconfigs without leading and trailing space, which the Controller drops."""
        if key == "kubeConfig" and isinstance(one, str) and isinstance(other, str):
            return one.strip() == other.strip()
        return super().is_same(key, one, other)

    def create(self, call: Call, inputs: Props) -> tuple[str, Props]:
        """Register the cluster; refuse an id that is registered already, as it may belong to another owner."""
        ident = str(self.get_client(call).call_rest("POST", self.path, self.build_body(call, inputs, {}))["id"])
        call.claim(ident)
        return ident, self.get_outputs(call, ident, inputs)

    def read(self, call: Call, ident: str, state: Props) -> Props | None:
        """Return the cluster, None when it does not exist."""
        found = self.find_object(call, ident)
        return found and self.add_id(ident, **_decode_cluster(found))

    def get_outputs(self, call: Call, ident: str, inputs: Props) -> Props:
        """Return the cluster as it is on the Controller."""
        return self.read(call, ident, {}) or {}

    def build_body(self, call: Call, inputs: Props, state: Props) -> Props:
        """Return the cluster in the API's form; refuse inputs that the release in force does not have, in the details too."""
        self.refuse_newer(call, inputs)
        details = inputs.get("clusterDetails") or {}
        if details.get("entraIdAuthn") and self.is_before(call, (10, 1, 0)):
            raise RefusedError(f"clusterDetails.entraIdAuthn came with provider release 10.1.0, and {call.config['release']} is in force")
        return _encode_cluster(inputs)


def _encode_cluster(inputs: Props) -> Props:
    """Return a cluster in the API's form; false and empty fields are left out, as in the real provider."""
    credential = {"use_csp_credentials": bool(inputs.get("useCspCredentials")), "kube_config": inputs.get("kubeConfig") or ""}
    body: Props = {"cluster_id": inputs["clusterId"], "credential": {key: value for key, value in credential.items() if value != ""}}
    body |= {name: True for key, name in SWITCHES.items() if inputs.get(key)}
    if details := inputs.get("clusterDetails"):
        body["resource"] = {name: details[key] for key, name in DETAILS.items() if details.get(key) is not None}
        if tags := details.get("tags"):
            body["resource"]["tags"] = [{"key": key, "value": value} for key, value in sorted(tags.items())]
    return body


def _decode_cluster(found: Props) -> Props:
    credential, resource = found.get("credential") or {}, found.get("resource")
    out: Props = {
        "clusterId": found["cluster_id"],
        **{key: bool(found.get(name)) for key, name in SWITCHES.items()},
        "useCspCredentials": bool(credential.get("use_csp_credentials")),
        "kubeConfig": credential.get("kube_config", ""),
    }
    if resource:
        out["clusterDetails"] = {key: resource[name] for key, name in DETAILS.items() if name in resource}
        if tags := resource.get("tags"):
            out["clusterDetails"]["tags"] = {each["key"]: each["value"] for each in tags}
    return out
