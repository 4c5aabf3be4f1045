"""Uses of roles by agent hosts, each with the services that may assume the role and the managed policies it may have.

Data. AWS writes managed policies for all customers, and changes them independently of this program. So the only permitted ones are
those without which a node or an agent of AWS cannot start, and whose actions read images and look up names. Refused on purpose:
AmazonSSMManagedInstanceCore (it reads every parameter), AmazonEKS_CNI_Policy (it attaches and moves network interfaces; the network
plugin has a separate role, for the service account `kube-system:aws-node`).
Sources: AWS Managed Policy Reference; Amazon EKS User Guide, "Node IAM role", "Pod execution IAM role", "Pod Identity"; Amazon
ECS Developer Guide, "Task execution IAM role".
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class RoleUse(StrEnum):
    """The way a host uses a role."""

    HOST = "instance profile"
    NODE = "node role"
    TASK = "task role"
    EXECUTION = "task execution role"
    FARGATE = "pod execution role"
    POD = "pod role"
    CNI = "role of the cluster's network plugin"


@dataclass(frozen=True, slots=True)
class RoleTerms:
    """The services that may assume a role, their actions, and the managed policies it may have (names in the account `aws`)."""

    services: frozenset[str]
    actions: frozenset[str] = frozenset({"sts:assumerole"})
    managed: frozenset[str] = frozenset()


_PULLS: Final = frozenset({"AmazonEC2ContainerRegistryPullOnly", "AmazonEC2ContainerRegistryReadOnly"})
_EC2: Final = frozenset({"ec2.amazonaws.com", "ec2.amazonaws.com.cn"})
_TASKS: Final = frozenset({"ecs-tasks.amazonaws.com"})
_PODS: Final = frozenset({"pods.eks.amazonaws.com"})
_POD_ACTIONS: Final = frozenset({"sts:assumerole", "sts:tagsession"})

TERMS: Final = {
    RoleUse.HOST: RoleTerms(services=_EC2),
    RoleUse.NODE: RoleTerms(services=_EC2, managed=_PULLS | {"AmazonEKSWorkerNodePolicy", "AmazonEKSWorkerNodeMinimalPolicy"}),
    RoleUse.TASK: RoleTerms(services=_TASKS),
    RoleUse.EXECUTION: RoleTerms(services=_TASKS, managed=frozenset({"service-role/AmazonECSTaskExecutionRolePolicy"})),
    RoleUse.FARGATE: RoleTerms(
        services=frozenset({"eks-fargate-pods.amazonaws.com"}), managed=frozenset({"AmazonEKSFargatePodExecutionRolePolicy"})
    ),
    RoleUse.POD: RoleTerms(services=_PODS, actions=_POD_ACTIONS),
    RoleUse.CNI: RoleTerms(services=_PODS, actions=_POD_ACTIONS, managed=frozenset({"AmazonEKS_CNI_Policy"})),
}

MANAGED: Final = "arn:aws:iam::aws:policy/"
"""Start of the ARN of a managed policy of AWS."""


def is_permitted_managed(arn: str, uses: frozenset[RoleUse]) -> bool:
    """Return whether a managed policy of AWS is permitted for every use of a role."""
    name = arn.removeprefix(MANAGED)
    return name != arn and bool(uses) and all(name in TERMS[use].managed for use in uses)
