"""Outputs of a stack: those of the Aviatrix blueprint, and the rule table with uuids."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi

from components.aviatrix.egress_policy import EgressPolicy
from components.aviatrix.gateway import SpokeGateway
from components.aws.dns import AgentDns
from components.aws.endpoints import AgentEndpoints
from components.aws.host import AgentHost
from components.aws.logs import AgentLogs
from components.aws.network import AgentNetwork
from components.aws.sessions import OperatorSessions
from containment.config.spec import ContainmentSpec
from containment.names import PolicyMode


def _format_exceptions(spec: ContainmentSpec) -> str:
    """Return the deny sets that are applied in monitor as well, as part of a sentence; "" for none."""
    return f", except those of {', '.join(spec.config.always_enforce)}, which are applied" if spec.always_enforced else ""


def export_outputs(
    spec: ContainmentSpec,
    policy: EgressPolicy,
    logs: AgentLogs,
    network: AgentNetwork,
    dns: AgentDns,
    endpoints: AgentEndpoints,
    gateway: SpokeGateway,
    hosts: Sequence[AgentHost],
    sessions: OperatorSessions | None = None,
) -> None:
    """Export everything that people and other programs read from a stack.

    The outputs about one host exist where the stack has exactly one; `agents` has the hosts of its agents by name.
    """
    region, enforcing = spec.config.aws_region, spec.mode is PolicyMode.ENFORCE
    outputs = {
        "vpcId": network.vpc.id,
        **(_describe_single_host(hosts[0], region, sessions) if len(hosts) == 1 else {}),
        **_describe_agents(hosts, region, sessions),
        "agentPrivateSubnetIds": [subnet.id for subnet in network.agent_subnets],
        "agentPrivateRouteTableId": network.agent_route_table.id,
        "agentPrivateCidrs": [str(subnet) for subnet in spec.agent_subnets],
        "vpcDnsResolverIp": str(spec.dns_resolver),
        "agentSourceSmartGroup": policy.source_group,
        "aviatrixSpokeGateway": pulumi.Output.secret({"name": gateway.gateway.gw_name, "vpcId": gateway.gateway.vpc_id}),
        "policyMode": spec.mode.value,
        "managedControllerPolicy": spec.config.manage_controller_policy,
        "ssmInterfaceEndpointIds": {service: endpoint.id for service, endpoint in endpoints.interfaces.items()},
        "s3GatewayEndpointId": endpoints.s3.id if endpoints.s3 else None,
        "vpcFlowLogGroup": logs.flows.name if logs.flows else None,
        "dnsQueryLogGroup": logs.queries.name if logs.queries else None,
        "dnsFirewallRuleGroupId": dns.rule_group.id if dns.rule_group else None,
        "dnsQueryLogConfigId": dns.query_log.id if dns.query_log else None,
        "logKmsKeyArn": logs.key_arn,
        **({"credentialGatewayUrl": spec.credential_gateway.url} if spec.credential_gateway else {}),
        **_describe_sessions(sessions),
        "agentClass": spec.config.agent_class,
        "ruleTable": policy.rule_table,
        "nextSteps": [
            "Read the ordered policy: containment plan --stack " + spec.stack,
            "Denies are applied. Keep the logs as evidence."
            if enforcing
            else f"Denies are only logged{_format_exceptions(spec)}."
            " Collect would-be-denied destinations, review and add them to the catalog, then move to enforce.",
        ],
    }
    for key, value in outputs.items():
        pulumi.export(key, value)


def _describe_sessions(sessions: OperatorSessions | None) -> dict[str, pulumi.Input[str] | None]:
    """Return the outputs of operators' sessions; nothing for a stack without them."""
    if sessions is None:
        return {}
    return {
        "operatorPolicyArn": sessions.policy.arn,
        "sessionDocument": sessions.shell.name,
        "sessionLogGroup": sessions.log_group,
        "forwardingDocument": sessions.forwarding.name if sessions.forwarding else None,
    }


def _describe_single_host(host: AgentHost, region: str, sessions: OperatorSessions | None) -> dict[str, pulumi.Input[str]]:
    return {
        "agentInstanceId": host.instance.id,
        "agentPrivateIp": host.instance.private_ip,
        "agentRoleName": host.identity.role.name,
        "ssmStartSession": _format_session(host, region, sessions),
    }


def _describe_agents(
    hosts: Sequence[AgentHost], region: str, sessions: OperatorSessions | None
) -> dict[str, dict[str, dict[str, pulumi.Input[str]]]]:
    """Return the output `agents`; nothing for a stack without agent files."""
    found = {
        host.agent.name: {
            "instanceId": host.instance.id,
            "privateIp": host.instance.private_ip,
            "roleName": host.identity.role.name,
            "ssmStartSession": _format_session(host, region, sessions),
            "owner": host.agent.owner.business,
            "until": host.agent.until.isoformat(),
        }
        for host in hosts
        if host.agent
    }
    return {"agents": found} if found else {}


def _format_session(host: AgentHost, region: str, sessions: OperatorSessions | None) -> pulumi.Output[str]:
    document = (" --document-name ", sessions.shell.name) if sessions else ()
    return pulumi.Output.concat("aws ssm start-session --region ", region, " --target ", host.instance.id, *document)
