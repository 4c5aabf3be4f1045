"""Deploy contained agents: configuration, spec, policy, resources, outputs. Mistakes stop it before the first resource."""

import pulumi
import pulumi_aws as aws

from components.aviatrix.collectors import create_log_collectors
from components.aviatrix.egress_policy import EgressPolicy
from components.aviatrix.gateway import SpokeGateway
from components.aviatrix.ownership import require_place_for_rules
from components.aws.access_lists import AccessLists
from components.aws.credential_gateway import create_credential_gateway
from components.aws.dns import AgentDns
from components.aws.endpoints import AgentEndpoints
from components.aws.host import create_hosts
from components.aws.logs import AgentLogs
from components.aws.network import AgentNetwork
from components.aws.sessions import create_operator_sessions
from components.decision_guard import refuse_undecided
from components.policy_guard import refuse_holes
from components.providers import create_aws_provider, create_controller_provider
from components.stack_config import build_policy, read_spec_and_hosts
from components.stack_outputs import export_outputs

spec, plan = read_spec_and_hosts()
ruleset = build_policy(spec)
refuse_holes(spec, ruleset)
refuse_undecided(spec, ruleset)
require_place_for_rules(spec)

cloud = create_aws_provider(spec.config.aws_region, spec.config.tags)
aviatrix = create_controller_provider(spec.config.controller_version.line)
on = pulumi.ResourceOptions(providers=[cloud, aviatrix])
account = aws.get_caller_identity_output(opts=pulumi.InvokeOutputOptions(provider=cloud)).account_id

policy = EgressPolicy("policy", spec, ruleset, opts=on)
logs = AgentLogs("logs", spec, account, opts=on)
network = AgentNetwork("network", spec, logs, has_hosts=bool(plan.hosts), opts=on)
borders = AccessLists("borders", spec, network, opts=on)
dns = AgentDns("dns", spec, network, logs, opts=on)
endpoints = AgentEndpoints("aws", spec, network, account, opts=on)
gateway = SpokeGateway("gateway", spec, network, opts=on)
after = [policy, borders, dns, endpoints, gateway]
after += create_credential_gateway(spec, network, account, after, has_hosts=bool(plan.hosts), opts=on)
hosts = create_hosts(plan, network, after, opts=on)
sessions = create_operator_sessions(spec, logs, hosts, account, opts=on)
create_log_collectors(spec, opts=on)
export_outputs(spec, policy, logs, network, dns, endpoints, gateway, hosts, sessions)
