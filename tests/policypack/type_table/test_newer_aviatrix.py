"""What Aviatrix 10.1 brought has a verdict in the pack: each addition is refused, or harmless for a reason that the table has."""

from __future__ import annotations

from typing import Any

import pytest

from tests.policypack.type_table.programs import found_in, made

CLUSTER = "aviatrix:index/kubernetesCluster:KubernetesCluster"
DETAILS = {"accountName": "lab", "networkMode": "FLAT", "name": "agents"}


@pytest.mark.parametrize("value", [True, "true"])
def test_a_tunnel_to_a_cluster_through_the_agents_gateway_is_refused(value: Any) -> None:
    assert "gatewayTunnelEnabled" in found_in(made(CLUSTER, props={"clusterId": "x", "gatewayTunnelEnabled": value}))["one"]


@pytest.mark.parametrize(
    "props",
    [
        {"useCspCredentials": True, "clusterDetails": {**DETAILS, "entraIdAuthn": True}},
        {"intraClusterInspectionEnabled": True},
        {"gatewayTunnelEnabled": False},
        {"kubeConfig": "apiVersion: v1"},
    ],
)
def test_how_the_controller_logs_in_to_a_cluster_and_inspects_it_is_free(props: dict[str, Any]) -> None:
    assert found_in(made(CLUSTER, props={"clusterId": "x", **props})) == {}


@pytest.mark.parametrize("kind", ["spoke", "transit"])
def test_a_gateway_with_an_egress_target_of_its_own_is_refused_with_the_property(kind: str) -> None:
    token = f"aviatrix:index/{kind}Instance:{kind.title()}Instance"
    for props in ({}, {"insaneMode": True, "privateSubnetEgressTarget": "nat-0123456789abcdef0"}):
        assert "privateSubnetEgressTarget" in found_in(made(token, props=props))["one"]
