"""Kubernetes clusters registered with the Controller: stored as sent, each under an id.

Nothing is read from a cluster. `entra_id_authn`, `gateway_tunnel_enabled` and `intra_cluster_inspection_enabled` exist since 10.1.
Source: Aviatrix Terraform provider, `aviatrix_kubernetes_cluster` and `goaviatrix/kubernetes_cluster.go`.
"""

from __future__ import annotations

import uuid
from typing import Any

from containment_lab.controller.core import Call, Controller, Routes, change, read, require_found, serve_collection
from containment_lab.controller.errors import RefusedError
from containment_lab.controller.releases import V10_1, refuse_before
from containment_lab.controller.store import Json

FIELDS = ("cluster_id", "credential", "resource", "gateway_tunnel_enabled", "intra_cluster_inspection_enabled")
MODES = ("FLAT", "OVERLAY")


def _create(controller: Controller, state: Json, call: Call) -> Any:
    kept = _validate_cluster(controller, state, call)
    if any(each["cluster_id"] == kept["cluster_id"] for each in state["clusters"].values()):
        raise RefusedError(f"Cluster {kept['cluster_id']} already exists.", 409)
    key = str(uuid.uuid4())
    state["clusters"][key] = {**kept, "id": key}
    return {"id": key}


def _get(_controller: Controller, state: Json, call: Call) -> Any:
    return dict(_find(state, call.parts[0]))


def _list_clusters(_controller: Controller, state: Json, _call: Call) -> Any:
    return {"clusters": [dict(each) for each in state["clusters"].values()]}


def _update(controller: Controller, state: Json, call: Call) -> Any:
    key = _find(state, call.parts[0])["id"]
    state["clusters"][key] = {**_validate_cluster(controller, state, call), "id": key}
    return {}


def _delete(_controller: Controller, state: Json, call: Call) -> Any:
    del state["clusters"][_find(state, call.parts[0])["id"]]
    return {}


def _validate_cluster(controller: Controller, state: Json, call: Call) -> Json:
    """Return the stored fields of a cluster; raise `RefusedError` naming an invalid field."""
    if not state["features"]["k8s"]:
        raise RefusedError("Feature k8s is not enabled on this Controller.")
    kept = {key: value for key, value in call.fields.items() if key in FIELDS}
    kept["cluster_id"] = call.get_text("cluster_id")
    cluster, credential = kept.get("resource") or {}, kept.get("credential") or {}
    if credential.get("use_csp_credentials") and credential.get("kube_config"):
        raise RefusedError("use_csp_credentials and kube_config exclude each other.")
    if cluster and cluster.get("network_mode") not in MODES:
        raise RefusedError(f"network_mode {cluster.get('network_mode')!r} is none of {', '.join(MODES)}.")
    newer = [key for key in FIELDS[3:] if kept.get(key)] + (["entra_id_authn"] if cluster.get("entra_id_authn") else [])
    for each in newer:
        refuse_before(controller, V10_1, each)
    if kept.get("intra_cluster_inspection_enabled") and not state["features"]["k8s_network_policy"]:
        raise RefusedError("intra_cluster_inspection_enabled requires feature k8s_network_policy.")
    return kept


def _find(state: Json, key: str) -> Json:
    return require_found(state["clusters"].get(key), f"Cluster {key} not found")


ROUTES: Routes = serve_collection("k8s/clusters", read(_list_clusters), change(_create), read(_get), change(_update), change(_delete))
