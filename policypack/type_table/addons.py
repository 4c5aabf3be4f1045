"""EKS add-ons: refuse configuration keys that could change the pods' network or name resolution.

An add-on's configuration is free text for its chart. It can make the network plugin give pods interfaces in other subnets
(`eniConfig`), and the cluster's DNS query other name servers (`corefile`). Only keys that size and place the add-on itself, and
variables of the network plugin that count addresses, are reviewed; every other key is refused by name.
Source: Amazon EKS User Guide, "Amazon EKS add-ons" (`describe-addon-configuration`); amazon-vpc-cni-k8s, "CNI Configuration Variables".
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any, Final

from containment import strict_json
from containment.loaders import strict_yaml
from policypack.graph.known_types import ADDON
from policypack.graph.plain_data import UNKNOWN
from policypack.graph.resources import Graph, Resource

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
"""Variables of the network plugin for address counts, translation to the node's address, logs and network policies."""


def find_violations(graph: Graph) -> Iterator[tuple[Resource, str]]:
    """Yield add-ons whose configuration has an unreviewed key or cannot be read, with the reason."""
    for one in graph.find_by_type(ADDON):
        value = one.get(_KEY)
        if value in (None, "", UNKNOWN):  # an unknown value is judged in the update, before the add-on is created
            continue
        unread = list(_find_unreviewed(value))
        if unread:
            yield one, f"has configuration that no review covers ({', '.join(unread)}): it may change the pods' network or DNS"


def _find_unreviewed(value: Any) -> Iterator[str]:
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
    """Return the configuration as data (EKS accepts JSON and YAML); None when it is invalid or ambiguous."""
    if not isinstance(value, str):
        return value
    for load in (strict_json.load, strict_yaml.load):
        with suppress(ValueError):
            return load(value)
    return None
