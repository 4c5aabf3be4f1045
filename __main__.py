"""One contained agent: configuration -> spec -> policy -> resources -> outputs. What is refused is refused before the first resource."""

import pulumi
import pulumi_aws as aws

from components.access_lists import AccessLists
from components.collectors import collectors
from components.dns import AgentDns
from components.egress_policy import EgressPolicy
from components.endpoints import AgentEndpoints
from components.gateway import SpokeGateway
from components.guard import refuse_holes
from components.host import AgentHost
from components.logs import AgentLogs
from components.network import AgentNetwork
from components.outputs import export
from components.ownership import refuse_foreign_list
from components.providers import aws_provider, controller
from components.stack_config import policy_of, read_spec

spec = read_spec()
ruleset = policy_of(spec)
refuse_holes(spec, ruleset)
refuse_foreign_list(spec)

cloud, aviatrix = aws_provider(spec.config.aws_region, spec.config.tags), controller(spec.config.controller_version)
on = pulumi.ResourceOptions(providers=[cloud, aviatrix])
account = aws.get_caller_identity_output(opts=pulumi.InvokeOutputOptions(provider=cloud)).account_id

policy = EgressPolicy("policy", spec, ruleset, opts=on)
logs = AgentLogs("logs", spec, account, opts=on)
network = AgentNetwork("network", spec, logs, opts=on)
borders = AccessLists("borders", spec, network, opts=on)
dns = AgentDns("dns", spec, network, logs, opts=on)
endpoints = AgentEndpoints("aws", spec, network, account, opts=on)
gateway = SpokeGateway("gateway", spec, network, opts=on)
host = AgentHost("agent", spec, network, after=[policy, borders, dns, endpoints, gateway], opts=on)
collectors(spec, opts=on)
export(spec, policy, logs, network, dns, endpoints, gateway, host)
