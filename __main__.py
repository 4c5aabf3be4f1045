"""One contained agent: configuration -> spec -> policy -> resources -> outputs. What is refused is refused before the first resource."""

import pulumi
import pulumi_aws as aws

from components.copilot import CoPilot
from components.egress_policy import EgressPolicy
from components.endpoints import AgentEndpoints
from components.gateway import SpokeGateway
from components.guard import refuse_holes
from components.host import AgentHost
from components.network import AgentNetwork
from components.outputs import export
from components.ownership import refuse_foreign_list
from components.providers import aws_provider, controller
from components.stack_config import policy_of, read_spec

spec = read_spec()
ruleset = policy_of(spec)
refuse_holes(spec, ruleset)
refuse_foreign_list(spec)

aviatrix = controller(spec.config.controller_version)
cloud = aws_provider(spec.config.aws_region, spec.config.tags)
on = pulumi.ResourceOptions(providers=[cloud, aviatrix])
account = aws.get_caller_identity_output(opts=pulumi.InvokeOutputOptions(provider=cloud)).account_id

name = spec.object_prefix
policy = EgressPolicy(f"{name}-policy", spec, ruleset, opts=on)
network = AgentNetwork(name, spec, opts=on)
endpoints = AgentEndpoints(f"{name}-aws", spec, network, account, opts=on)
gateway = SpokeGateway(f"{name}-gateway", spec, network, opts=on)
host = AgentHost(f"{name}-agent", spec, network, after=[policy, endpoints, gateway], opts=on)
if spec.config.copilot_private_ip:
    CoPilot(f"{name}-copilot", spec, opts=on)
export(spec, policy, network, endpoints, gateway, host)
