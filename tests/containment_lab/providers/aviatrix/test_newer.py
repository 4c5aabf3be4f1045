"""What release 10.1 brought: a Controller and a provider of that release carry it, older ones refuse it by name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

SPOKE = {
    "cloudType": 1,
    "accountName": "lab",
    "gwSize": "t3.medium",
    "vpcId": "vpc-1",
    "vpcReg": "us-east-1",
    "subnet": "10.42.0.0/24",
    "singleIpSnat": True,
    "enableEncryptVolume": True,
}
DETAILS = {
    "accountId": "1",
    "accountName": "lab",
    "isPubliclyAccessible": False,
    "name": "agents",
    "networkMode": "FLAT",
    "platform": "kops",
    "region": "us-east-1",
    "version": "1.33",
    "vpcId": "vpc-1",
}


@pytest.fixture(scope="module")
def newer(tmp_path_factory: pytest.TempPathFactory, new_controller: Any, engine_for: Any) -> Iterator[Any]:
    """An engine with provider 10.1.0 and a Controller of that release."""
    simulator = new_controller(tmp_path_factory.mktemp("lab"), "--no-cloud", "--version", "10.1.0", gateway_seconds=0.05)
    for feature in ("k8s", "k8s_network_policy"):
        assert simulator.action("enable_controller_feature", feature=feature)["return"]
    engine, over = engine_for(simulator, "10.1.0")
    engine.simulator = simulator
    yield engine
    over()
    simulator.kill()


def test_managed_route_tables_go_round_and_unset_keeps_them(newer: Any) -> None:
    thing, inputs = newer.of("spokeGateway", "managed"), {**SPOKE, "gwName": "managed"}
    thing.goes_round({"routeTables": ["rtb-1", "rtb-2"]}, **inputs)
    assert newer.simulator.inventory()["gateways"]["managed"]["spoke_rtb_list"] == ["rtb-1", "rtb-2"]
    assert thing.diff(**inputs, routeTables=["rtb-2", "rtb-1"]) == (set(), set()), "their order means nothing"
    assert thing.diff(**inputs) == (set(), set()), "unset keeps what the Controller has"
    thing.update(**inputs, routeTables=[])
    assert newer.simulator.inventory()["gateways"]["managed"]["spoke_rtb_list"] == []
    thing.delete()


@pytest.mark.parametrize(
    "inputs",
    [
        {"clusterId": "arn:aws:eks:us-east-1:1:cluster/a", "useCspCredentials": True},
        {"clusterId": "aks", "useCspCredentials": True, "clusterDetails": {**DETAILS, "entraIdAuthn": True, "tags": {"type": "prod"}}},
        {"clusterId": "kops", "kubeConfig": " apiVersion: v1\n", "clusterDetails": DETAILS, "intraClusterInspectionEnabled": True},
    ],
)
def test_a_cluster_goes_round(newer: Any, inputs: dict[str, Any]) -> None:
    thing = newer.of("kubernetesCluster", "cluster")
    thing.goes_round({"gatewayTunnelEnabled": True}, **inputs)
    kept = newer.simulator.inventory()["clusters"][thing.id]
    assert (kept["cluster_id"], kept["gateway_tunnel_enabled"]) == (inputs["clusterId"], True)
    assert (kept.get("resource") or {}).get("entra_id_authn") is inputs.get("clusterDetails", {}).get("entraIdAuthn")
    thing.delete()
    assert not thing.refresh()


@pytest.mark.parametrize(
    ("change", "path"),
    [({"name": None}, "name"), ({"networkMode": "MESH"}, "networkMode"), ({"entraId": True}, "entraId")],
)
def test_details_of_a_cluster_are_checked_at_plan_time(newer: Any, change: dict[str, Any], path: str) -> None:
    failures = newer.of("kubernetesCluster").check(clusterId="x", clusterDetails={**DETAILS, **change})[1]
    assert [each.partition(":")[0] for each in failures] == [f"clusterDetails.{path}"]


@pytest.mark.parametrize(
    ("kind", "inputs", "what"),
    [
        ("spokeGateway", {**SPOKE, "gwName": "old", "routeTables": ["rtb-1"]}, "spokeGateway.routeTables"),
        ("kubernetesCluster", {"clusterId": "x", "gatewayTunnelEnabled": True}, "kubernetesCluster.gatewayTunnelEnabled"),
        ("kubernetesCluster", {"clusterId": "x", "clusterDetails": {**DETAILS, "entraIdAuthn": True}}, "clusterDetails.entraIdAuthn"),
    ],
)
def test_an_older_provider_previews_and_refuses_to_make_them(engine: Any, kind: str, inputs: dict[str, Any], what: str) -> None:
    thing = engine.of(kind, "old")
    assert thing.preview(**inputs)
    with pytest.raises(Exception, match=rf"{what} came with provider release 10\.1\.0, and 9\.0\.10 is in force"):
        thing.create(**inputs)


def test_an_older_controller_does_not_know_them(controller: Any) -> None:
    edit = controller.action("edit_managed_route_tables", gateway_name="any", route_tables="rtb-1")
    assert (edit["return"], "not known to release 9.0.10" in edit["reason"]) == (False, True)
    assert controller.action("enable_controller_feature", feature="k8s")["return"]
    status, answer = controller.rest("POST", "k8s/clusters", {"cluster_id": "x", "gateway_tunnel_enabled": True})
    assert (status, "not known to release 9.0.10" in answer["message"]) == (400, True)


@pytest.mark.parametrize(("more", "why"), [({}, "requires insane_mode"), ({"insane_mode": "yes"}, "not simulated")])
def test_an_egress_target_of_the_gateway_subnet_is_refused_by_name(newer: Any, more: dict[str, str], why: str) -> None:
    fields = {"cloud_type": "1", "account_name": "lab", "gw_name": "hpe", "private_subnet_egress_target": "nat-1", **more}
    answer = newer.simulator.action("create_multicloud_primary_gateway", **fields)
    assert (answer["return"], why in answer["reason"]) == (False, True)
