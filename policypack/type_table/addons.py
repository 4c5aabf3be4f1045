"""Add-ons of a cluster: what is configured of them must leave the pods' network and names as they are.

An add-on's configuration is free text for its chart. The network plugin can be told to give pods interfaces in other subnets
(`eniConfig`), and the cluster's DNS to ask other name servers (`corefile`). Only keys that size and place the add-on itself, and
variables of the network plugin that count addresses, are reviewed; every other key is refused by name.
Source: Amazon EKS User Guide, "Amazon EKS add-ons" (`describe-addon-configuration`); amazon-vpc-cni-k8s, "CNI Configuration Variables".
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

import yaml

from policypack.graph import Graph, Resource
from policypack.plain import UNKNOWN

ADDON: Final = "aws:eks/addon:Addon"
_KEY: Final = "configurationValues"

SIZING: Final = frozenset(
    {
        *("affinity", "autoScaling", "computeType", "containerSecurityContext", "nodeSelector", "podAnnotations", "podDisruptionBudget"),
        *("podLabels", "priorityClassName", "replicaCount", "replicas", "resources", "tolerations", "topologySpreadConstraints"),
        *("updateStrategy", "enableNetworkPolicy", "nodeAgent", "livenessProbeTimeoutSeconds", "readinessProbeTimeoutSeconds"),
        *("controller", "defaultStorageClass", "sidecars", "defaultReplicaCount", "args", "metrics"),
    }
)
"""Keys that size, place and label an add-on, or narrow what pods may reach."""

VARIABLES: Final = frozenset(
    {
        *("ENABLE_PREFIX_DELEGATION", "WARM_ENI_TARGET", "WARM_IP_TARGET", "WARM_PREFIX_TARGET", "MINIMUM_IP_TARGET", "MAX_ENI"),
        *("AWS_VPC_K8S_CNI_LOGLEVEL", "AWS_VPC_K8S_CNI_LOG_FILE", "AWS_VPC_K8S_PLUGIN_LOG_LEVEL", "AWS_VPC_ENI_MTU"),
        *("AWS_VPC_K8S_CNI_EXTERNALSNAT", "AWS_VPC_K8S_CNI_EXCLUDE_SNAT_CIDRS", "AWS_VPC_K8S_CNI_RANDOMIZESNAT"),
        *("NETWORK_POLICY_ENFORCING_MODE", "ENABLE_POD_ENI", "POD_SECURITY_GROUP_ENFORCING_MODE", "DISABLE_TCP_EARLY_DEMUX"),
    }
)
"""Variables of the network plugin that count addresses, translate them to the node's, write logs and enforce network policies."""


def faults(graph: Graph) -> Iterator[tuple[Resource, str]]:
    """Yield add-ons whose configuration has a key that is not reviewed, or cannot be read."""
    for one in graph.of(ADDON):
        value = one.get(_KEY)
        if value in (None, "", UNKNOWN):  # an unknown one is judged again in the update, before the add-on is made
            continue
        unread = list(_unreviewed(value))
        if unread:
            yield one, f"is configured in a way that is not reviewed ({', '.join(unread)}): its pods' network or names may lead elsewhere"


def _unreviewed(value: Any) -> Iterator[str]:
    stated = _parse(value)
    if not isinstance(stated, dict):
        yield f"{_KEY} is no object"
        return
    for key, inner in stated.items():
        if key == "env" and isinstance(inner, dict):
            yield from (f"env.{name}" for name in inner if name not in VARIABLES)
        elif key not in SIZING:
            yield str(key)


def _parse(value: Any) -> Any:
    """Return the configuration as data; EKS takes JSON and YAML."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        try:
            return yaml.safe_load(value)
        except yaml.YAMLError:
            return None
