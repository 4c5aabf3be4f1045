"""What a stack exports: the published reference's outputs, and the rule table with UUIDs."""

from __future__ import annotations

import pulumi

from components.dns import AgentDns
from components.egress_policy import EgressPolicy
from components.endpoints import AgentEndpoints
from components.gateway import SpokeGateway
from components.host import AgentHost
from components.logs import AgentLogs
from components.network import AgentNetwork
from containment.model.names import PolicyMode
from containment.model.spec import ContainmentSpec


def export(
    spec: ContainmentSpec,
    policy: EgressPolicy,
    logs: AgentLogs,
    network: AgentNetwork,
    dns: AgentDns,
    endpoints: AgentEndpoints,
    gateway: SpokeGateway,
    host: AgentHost,
) -> None:
    """Export everything people and later tools read from a stack."""
    region, enforcing = spec.config.aws_region, spec.mode is PolicyMode.ENFORCE
    outputs = {
        "vpcId": network.vpc.id,
        "agentInstanceId": host.instance.id,
        "agentPrivateIp": host.instance.private_ip,
        "agentPrivateSubnetIds": [subnet.id for subnet in network.agent_subnets],
        "agentPrivateRouteTableId": network.agent_route_table.id,
        "agentPrivateCidrs": [str(subnet) for subnet in spec.agent_subnets],
        "vpcDnsResolverIp": str(spec.dns_resolver),
        "agentSourceSmartGroup": policy.source_group,
        "aviatrixSpokeGateway": pulumi.Output.secret({"name": gateway.gateway.gw_name, "vpcId": gateway.gateway.vpc_id}),
        "policyMode": spec.mode.value,
        "managedControllerPolicy": spec.config.manage_controller_policy,
        "ssmStartSession": pulumi.Output.concat("aws ssm start-session --region ", region, " --target ", host.instance.id),
        "ssmInterfaceEndpointIds": {service: endpoint.id for service, endpoint in endpoints.interfaces.items()},
        "s3GatewayEndpointId": endpoints.s3.id if endpoints.s3 else None,
        "vpcFlowLogGroup": logs.flows.name if logs.flows else None,
        "dnsQueryLogGroup": logs.queries.name if logs.queries else None,
        "dnsFirewallRuleGroupId": dns.rule_group.id if dns.rule_group else None,
        "dnsQueryLogConfigId": dns.query_log.id if dns.query_log else None,
        "logKmsKeyArn": logs.key_arn,
        "agentRoleName": host.identity.role.name,
        "agentClass": spec.config.agent_class,
        "ruleTable": policy.rule_table,
        "nextSteps": [
            "Read the ordered policy: containment plan --stack " + spec.stack,
            "Denies are applied. Keep the evidence."
            if enforcing
            else "Denies are only watched. Collect would-be-denied destinations, review them into the catalog, then move to enforce.",
        ],
    }
    for key, value in outputs.items():
        pulumi.export(key, value)
