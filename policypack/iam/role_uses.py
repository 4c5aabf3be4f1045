"""What an agent host uses a role for, and what follows: which service may take the role, and which managed policies it may have.

Data. A managed policy is made for everybody and AWS changes it without this program, so only those pass that a node or an agent
of AWS cannot start without and whose actions read images and look up names. Refused on purpose: AmazonSSMManagedInstanceCore (it
reads every parameter), AmazonEKS_CNI_Policy (it attaches and moves network interfaces; the network plugin has a role of its own,
for its own service account `kube-system:aws-node`).
Sources: AWS Managed Policy Reference; Amazon EKS User Guide, "Node IAM role", "Pod execution IAM role", "Pod Identity"; Amazon
ECS Developer Guide, "Task execution IAM role".
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class RoleUse(StrEnum):
    """What a host does with a role."""

    HOST = "instance profile"
    NODE = "node role"
    TASK = "task role"
    EXECUTION = "task execution role"
    FARGATE = "pod execution role"
    POD = "pod role"
    CNI = "role of the cluster's network plugin"


@dataclass(frozen=True, slots=True)
class Terms:
    """The services that may take a role, the actions by which they do, and the managed policies it may have (names under `aws`)."""

    services: frozenset[str]
    actions: frozenset[str] = frozenset({"sts:assumerole"})
    managed: frozenset[str] = frozenset()


_PULLS: Final = frozenset({"AmazonEC2ContainerRegistryPullOnly", "AmazonEC2ContainerRegistryReadOnly"})
_EC2: Final = frozenset({"ec2.amazonaws.com", "ec2.amazonaws.com.cn"})
_TASKS: Final = frozenset({"ecs-tasks.amazonaws.com"})
_PODS: Final = frozenset({"pods.eks.amazonaws.com"})
_POD_ACTIONS: Final = frozenset({"sts:assumerole", "sts:tagsession"})

TERMS: Final = {
    RoleUse.HOST: Terms(services=_EC2),
    RoleUse.NODE: Terms(services=_EC2, managed=_PULLS | {"AmazonEKSWorkerNodePolicy", "AmazonEKSWorkerNodeMinimalPolicy"}),
    RoleUse.TASK: Terms(services=_TASKS),
    RoleUse.EXECUTION: Terms(services=_TASKS, managed=frozenset({"service-role/AmazonECSTaskExecutionRolePolicy"})),
    RoleUse.FARGATE: Terms(
        services=frozenset({"eks-fargate-pods.amazonaws.com"}), managed=frozenset({"AmazonEKSFargatePodExecutionRolePolicy"})
    ),
    RoleUse.POD: Terms(services=_PODS, actions=_POD_ACTIONS),
    RoleUse.CNI: Terms(services=_PODS, actions=_POD_ACTIONS, managed=frozenset({"AmazonEKS_CNI_Policy"})),
}

_MANAGED: Final = "arn:aws:iam::aws:policy/"


def is_permitted_managed(arn: str, uses: frozenset[RoleUse]) -> bool:
    """Return whether a managed policy of AWS is permitted for every use of a role."""
    name = arn.removeprefix(_MANAGED)
    return name != arn and bool(uses) and all(name in TERMS[use].managed for use in uses)
