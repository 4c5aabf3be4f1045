"""The agent host: a private EC2 instance that cannot change its own containment, and its IAM role.

Rules kept here: no public address, no key pair, no ingress; egress to the resolver, to the endpoints, and to addresses outside the
VPC, which the gateway judges; IMDSv2 with hop limit 1; encrypted disk; created after everything that contains it, and destroyed
before it. The role, whose documents are in `host_policies`, can operate the host and change nothing about its containment: inline
policies only, so that no change of a shared policy widens them; only EC2 may assume the role; the boundary is a policy of this stack,
and the role is denied to change it.

A schedule of EventBridge Scheduler terminates an ephemeral host, once, without a flexible window. Only Scheduler assumes the schedule's
role, for this account's group of schedules, and the role may terminate this one instance only. The schedule needs the host's id, so it is
created after the host; until then, and if it is never created, the host's own timer ends the host (`containment.host.first_boot`).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pulumi
import pulumi_aws as aws

from components.aws.access_lists import ANYWHERE
from components.aws.host_policies import build_boundary, build_bundle_policy, build_deny_policy, build_operation_policy
from components.aws.instance_settings import METADATA_OPTIONS, build_disk, build_group_rule
from components.aws.network import AgentNetwork
from components.aws.operator_policy import FIND_RECORD
from components.aws.policy_document import format_document, format_trust
from containment.config.spec import ContainmentSpec
from containment.host.first_boot import build_user_data
from containment.names import DNS_PORT, HTTPS_PORT, HostTag
from containment.vending.hosts import HostPlan, PlannedHost

TARGET = "scheduler:::aws-sdk:ec2:terminateInstances"
"""Scheduler's universal target for EC2's TerminateInstances, as the end of an ARN."""


class HostEnd(pulumi.ComponentResource):
    """Role and schedule that end one host."""

    def __init__(self, name: str, planned: PlannedHost, instance: aws.ec2.Instance, *, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("containment:host:HostEnd", name, {}, opts)
        assert planned.deadline is not None, "only an ephemeral host has an end"
        child = pulumi.ResourceOptions(parent=self)
        own = f"{planned.object_name[:60]}-end"
        role = aws.iam.Role(f"{name}-role", name=own, assume_role_policy=instance.arn.apply(build_trust), opts=child)
        rights = aws.iam.RolePolicy(f"{name}-rights", name="terminate", role=role.name, policy=instance.arn.apply(build_rights), opts=child)
        aws.scheduler.Schedule(
            f"{name}-schedule",
            name=own,
            description="Ends an ephemeral agent host",
            schedule_expression=f"at({planned.deadline:%Y-%m-%dT%H:%M:%S})",
            schedule_expression_timezone="UTC",
            flexible_time_window={"mode": "OFF"},
            target={
                "arn": f"arn:aws:{TARGET}",  # known in a first preview, so that the pack judges it there
                "role_arn": role.arn,
                "input": instance.id.apply(lambda ident: json.dumps({"InstanceIds": [ident]})),
            },
            opts=pulumi.ResourceOptions.merge(child, pulumi.ResourceOptions(depends_on=[rights])),
        )
        self.register_outputs({})


def build_trust(arn: str) -> str:
    """Return the trust policy of a schedule's role, by the ARN of the host."""
    _, partition, _, region, account, _ = arn.split(":", 5)
    group = f"arn:{partition}:scheduler:{region}:{account}:schedule-group/default"
    return format_trust("scheduler.amazonaws.com", StringEquals={"aws:SourceAccount": account, "aws:SourceArn": group})


def build_rights(arn: str) -> str:
    """Return the only right of a schedule's role: terminating the host with this ARN."""
    return format_document({"Effect": "Allow", "Action": "ec2:TerminateInstances", "Resource": arn})


def make_named_options(parent: pulumi.Resource, planned: PlannedHost) -> pulumi.ResourceOptions:
    """Return the options of a resource whose name a change would replace: the host of an agent keeps the names that its state has.

    The single host of a stack that becomes an agent's keeps its role and groups in this way.
    """
    return pulumi.ResourceOptions(parent=parent, ignore_changes=["name"] if planned.agent else None)


class HostIdentity(pulumi.ComponentResource):
    """Role, inline policies, permissions boundary and instance profile of one host."""

    def __init__(self, name: str, planned: PlannedHost, network: AgentNetwork, *, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("containment:host:HostIdentity", name, {}, opts)
        child, named = pulumi.ResourceOptions(parent=self), make_named_options(self, planned)
        spec, own = planned.spec, planned.object_name
        limit = (
            aws.iam.Policy(
                f"{name}-boundary",
                name=f"{own}-boundary",
                description="The most this host may ever do",
                policy=build_boundary(*(FIND_RECORD if spec.config.operator_sessions else ())),
                opts=named,
            )
            if spec.config.enable_permissions_boundary
            else None
        )
        role = aws.iam.Role(
            f"{name}-role",
            name=own,
            assume_role_policy=format_trust("ec2.amazonaws.com"),
            permissions_boundary=limit.arn if limit else None,
            opts=named,
        )
        aws.iam.RolePolicy(f"{name}-operate", name="session-manager", role=role.name, policy=build_operation_policy(), opts=child)
        if source := spec.config.policy_bundle:
            aws.iam.RolePolicy(f"{name}-bundle", name="policy-bundle", role=role.name, policy=build_bundle_policy(source), opts=child)
        # Without the VPC's endpoints, calls come over the internet, and the condition on the VPC would lock the host out.
        private: pulumi.Input[str] = (
            network.vpc.id.apply(build_deny_policy) if spec.config.create_ssm_vpc_endpoints else build_deny_policy(None)
        )
        aws.iam.RolePolicy(f"{name}-keep-off", name="containment", role=role.name, policy=private, opts=child)
        self.profile = aws.iam.InstanceProfile(f"{name}-profile", name=own, role=role.name, opts=named)
        self.role = role
        self.register_outputs({"roleName": role.name})


class AgentHost(pulumi.ComponentResource):
    """One host of a stack. `after` lists the resources that must be in force before the host is created."""

    def __init__(
        self,
        planned: PlannedHost,
        network: AgentNetwork,
        after: Sequence[pulumi.Resource],
        *,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        name, spec = planned.logical_name, planned.spec
        former = pulumi.ResourceOptions(aliases=[pulumi.Alias(name=planned.former_name)]) if planned.former_name else None
        super().__init__("containment:host:AgentHost", name, {}, pulumi.ResourceOptions.merge(opts, former))
        self.agent, self.logical_name = planned.agent, name
        self.identity = HostIdentity(f"{name}-identity", planned, network, opts=pulumi.ResourceOptions(parent=self))
        group = aws.ec2.SecurityGroup(
            f"{name}-sg",
            name=planned.object_name,
            description="Agent host: no ingress; resolver, endpoints, and outside the VPC, which the gateway judges",
            vpc_id=network.vpc.id,
            ingress=[],
            egress=build_egress_rules(spec),
            tags={"Name": planned.object_name},
            opts=make_named_options(self, planned),
        )
        config = spec.config
        self.instance = aws.ec2.Instance(
            f"{name}-instance",
            ami=config.agent_image_id or self._find_newest_image(spec),
            instance_type=planned.instance_type,
            subnet_id=network.agent_subnets[0].id,
            private_ip=str(config.agent_private_ip) if config.agent_private_ip else None,
            associate_public_ip_address=False,
            vpc_security_group_ids=[group.id],
            iam_instance_profile=self.identity.profile.name,
            metadata_options=METADATA_OPTIONS,
            root_block_device=build_disk(config.agent_root_volume_size_gb),
            user_data=build_user_data(spec, planned.deadline),
            instance_initiated_shutdown_behavior="terminate" if planned.deadline else None,
            user_data_replace_on_change=True,
            # The tags that SmartGroups match are explicit: the policy pack does not see the provider's default tags in every front end.
            tags={
                "Name": planned.object_name,
                **planned.tags,
                config.agent_workload_tag_key: config.agent_workload_tag_value,
                HostTag.AGENT_CLASS.value: config.agent_class,
                HostTag.AGENT_STACK.value: spec.stack,
                HostTag.POLICY_MODE.value: spec.mode.value,
            },
            # An image that was looked up is kept: replacing the host for a newer one is a decision, not a side effect of the next `up`.
            opts=pulumi.ResourceOptions(
                parent=self, depends_on=[*after, self.identity], ignore_changes=[] if config.agent_image_id else ["ami"]
            ),
        )
        if planned.deadline is not None:
            HostEnd(f"{name}-end", planned, self.instance, opts=pulumi.ResourceOptions(parent=self))
        self.register_outputs({"instanceId": self.instance.id, "privateIp": self.instance.private_ip})

    def _find_newest_image(self, spec: ContainmentSpec) -> pulumi.Output[str]:
        filters = [{"name": "name", "values": [spec.config.agent_image_name]}, {"name": "virtualization-type", "values": ["hvm"]}]
        found = aws.ec2.get_ami_output(
            most_recent=True, owners=[spec.config.agent_image_owner], filters=filters, opts=pulumi.InvokeOutputOptions(parent=self)
        )
        image: pulumi.Output[str] = found.id
        return image


def create_hosts(
    plan: HostPlan, network: AgentNetwork, after: Sequence[pulumi.Resource], *, opts: pulumi.ResourceOptions | None = None
) -> tuple[AgentHost, ...]:
    """Create the hosts of a stack: one per agent, or the single host of a stack without agent files."""
    return tuple(AgentHost(planned, network, after, opts=opts) for planned in plan.hosts)


def build_egress_rules(spec: ContainmentSpec) -> list[dict[str, Any]]:
    """Return the host's egress rules: no other host of the VPC; everything outside the VPC, which routes through the gateway."""
    outside = sorted(ANYWHERE.address_exclude(spec.config.vpc_cidr))
    rules = [build_group_rule(DNS_PORT, [f"{spec.dns_resolver}/32"], "VPC DNS", protocol) for protocol in ("udp", "tcp")]
    if spec.config.create_ssm_vpc_endpoints:
        rules.append(build_group_rule(HTTPS_PORT, [str(subnet) for subnet in spec.endpoint_subnets], "AWS endpoints"))
    if gateway := spec.credential_gateway:
        rules.append(build_group_rule(gateway.port, [f"{gateway.address}/32"], "credential gateway"))
    return [*rules, build_group_rule(0, [str(network) for network in outside], "judged by the gateway", "-1")]
