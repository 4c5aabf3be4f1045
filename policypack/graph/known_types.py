"""Resource types whose properties rules read, as data: compute, IAM, network, DNS, firewall and logs.

`policypack/type_table` lists the types that a program with an agent host may contain at all.
"""

from __future__ import annotations

import re
from typing import Final

INSTANCE: Final = "aws:ec2/instance:Instance"
SPOT_INSTANCE: Final = "aws:ec2/spotInstanceRequest:SpotInstanceRequest"
SCALING_GROUP: Final = "aws:autoscaling/group:Group"
FLEET: Final = "aws:ec2/fleet:Fleet"
SPOT_FLEET: Final = "aws:ec2/spotFleetRequest:SpotFleetRequest"
LIGHTSAIL: Final = "aws:lightsail/instance:Instance"
ECS_SERVICE: Final = "aws:ecs/service:Service"
ECS_TASK_SET: Final = "aws:ecs/taskSet:TaskSet"
NODE_GROUP: Final = "aws:eks/nodeGroup:NodeGroup"
FARGATE_PROFILE: Final = "aws:eks/fargateProfile:FargateProfile"
LAUNCH_TEMPLATE: Final = "aws:ec2/launchTemplate:LaunchTemplate"
LAUNCH_CONFIGURATION: Final = "aws:ec2/launchConfiguration:LaunchConfiguration"

INSTANCES: Final = (INSTANCE, SPOT_INSTANCE)
TEMPLATES: Final = (LAUNCH_TEMPLATE, LAUNCH_CONFIGURATION)
COMPUTE: Final = (
    *INSTANCES,
    SCALING_GROUP,
    FLEET,
    SPOT_FLEET,
    LIGHTSAIL,
    ECS_SERVICE,
    ECS_TASK_SET,
    NODE_GROUP,
    FARGATE_PROFILE,
)
"""Types that start hosts which run code, and that the rules judge."""

HAS_METADATA_SERVICE: Final = frozenset({*INSTANCES, SCALING_GROUP, FLEET, SPOT_FLEET, NODE_GROUP, *TEMPLATES})
"""Types whose hosts have an instance metadata service that the program can configure."""

VOLUME: Final = "aws:ebs/volume:Volume"
VOLUME_ATTACHMENT: Final = "aws:ec2/volumeAttachment:VolumeAttachment"
ENCRYPTION_DEFAULT: Final = "aws:ebs/encryptionByDefault:EncryptionByDefault"
SERIAL_CONSOLE: Final = "aws:ec2/serialConsoleAccess:SerialConsoleAccess"

PROFILE: Final = "aws:iam/instanceProfile:InstanceProfile"
ROLE: Final = "aws:iam/role:Role"
ROLE_POLICY: Final = "aws:iam/rolePolicy:RolePolicy"
SCHEDULE: Final = "aws:scheduler/schedule:Schedule"
ROLE_ATTACHMENT: Final = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
ROLE_ATTACHMENTS: Final = "aws:iam/rolePolicyAttachmentsExclusive:RolePolicyAttachmentsExclusive"
POLICY_ATTACHMENT: Final = "aws:iam/policyAttachment:PolicyAttachment"
ROLE_POLICIES: Final = "aws:iam/rolePoliciesExclusive:RolePoliciesExclusive"
POLICY: Final = "aws:iam/policy:Policy"
POD_IDENTITY: Final = "aws:eks/podIdentityAssociation:PodIdentityAssociation"
ADDON: Final = "aws:eks/addon:Addon"
SERVICE_SETTING: Final = "aws:ssm/serviceSetting:ServiceSetting"
OIDC_PROVIDER: Final = "aws:iam/openIdConnectProvider:OpenIdConnectProvider"
TASK: Final = "aws:ecs/taskDefinition:TaskDefinition"

SECURITY_GROUP: Final = "aws:ec2/securityGroup:SecurityGroup"
DEFAULT_GROUP: Final = "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"
SECURITY_GROUPS: Final = (SECURITY_GROUP, DEFAULT_GROUP)
GROUP_RULE: Final = "aws:ec2/securityGroupRule:SecurityGroupRule"
INGRESS_RULE: Final = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
GROUP_RULES: Final = (
    "aws:ec2/vpcSecurityGroupRulesExclusive:VpcSecurityGroupRulesExclusive",
    "aws:vpc/securityGroupRulesExclusive:SecurityGroupRulesExclusive",
)
"""The complete list of a security group's rules by id: the token of pulumi-aws 7, and the one next to the rules' types."""
EGRESS_RULE: Final = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
GROUP_ATTACHMENT: Final = "aws:ec2/networkInterfaceSecurityGroupAttachment:NetworkInterfaceSecurityGroupAttachment"

TARGET_GROUPS: Final = ("aws:lb/targetGroup:TargetGroup", "aws:alb/targetGroup:TargetGroup")
LATTICE_TARGET_GROUPS: Final = ("aws:vpclattice/targetGroup:TargetGroup",)
CLASSIC_BALANCERS: Final = ("aws:elb/loadBalancer:LoadBalancer",)

METADATA_DEFAULTS: Final = "aws:ec2/instanceMetadataDefaults:InstanceMetadataDefaults"
INTERFACE: Final = "aws:ec2/networkInterface:NetworkInterface"
INTERFACE_ATTACHMENT: Final = "aws:ec2/networkInterfaceAttachment:NetworkInterfaceAttachment"
INTERFACE_PERMISSION: Final = "aws:ec2/networkInterfacePermission:NetworkInterfacePermission"
TRAFFIC_MIRROR: Final = "aws:ec2/trafficMirrorSession:TrafficMirrorSession"
EIP: Final = "aws:ec2/eip:Eip"
EIP_ASSOCIATION: Final = "aws:ec2/eipAssociation:EipAssociation"
TAG: Final = "aws:ec2/tag:Tag"
SCALING_TAG: Final = "aws:autoscaling/tag:Tag"

SUBNET: Final = "aws:ec2/subnet:Subnet"
DEFAULT_SUBNET: Final = "aws:ec2/defaultSubnet:DefaultSubnet"
SUBNETS: Final = (SUBNET, DEFAULT_SUBNET)
VPC: Final = "aws:ec2/vpc:Vpc"
DEFAULT_VPC: Final = "aws:ec2/defaultVpc:DefaultVpc"
VPCS: Final = (VPC, DEFAULT_VPC)

ROUTE: Final = "aws:ec2/route:Route"
ROUTE_TABLE: Final = "aws:ec2/routeTable:RouteTable"
DEFAULT_ROUTE_TABLE: Final = "aws:ec2/defaultRouteTable:DefaultRouteTable"
TABLES: Final = (ROUTE_TABLE, DEFAULT_ROUTE_TABLE)
TABLE_ASSOCIATION: Final = "aws:ec2/routeTableAssociation:RouteTableAssociation"
MAIN_TABLE_ASSOCIATION: Final = "aws:ec2/mainRouteTableAssociation:MainRouteTableAssociation"
VPN_PROPAGATION: Final = "aws:ec2/vpnGatewayRoutePropagation:VpnGatewayRoutePropagation"
ROUTE_SERVER_PROPAGATION: Final = "aws:vpc/routeServerPropagation:RouteServerPropagation"
PREFIX_LIST: Final = "aws:ec2/managedPrefixList:ManagedPrefixList"
PREFIX_LIST_ENTRY: Final = "aws:ec2/managedPrefixListEntry:ManagedPrefixListEntry"
INTERNET_GATEWAY: Final = "aws:ec2/internetGateway:InternetGateway"
TRANSIT_GATEWAYS: Final = ("aws:ec2transitgateway/transitGateway:TransitGateway",)
VPN_GATEWAY: Final = "aws:ec2/vpnGateway:VpnGateway"
VPC_ENDPOINT: Final = "aws:ec2/vpcEndpoint:VpcEndpoint"
ENDPOINT_TABLE_ASSOCIATION: Final = "aws:ec2/vpcEndpointRouteTableAssociation:VpcEndpointRouteTableAssociation"
ENDPOINT_POLICY: Final = "aws:ec2/vpcEndpointPolicy:VpcEndpointPolicy"
FLOW_LOG: Final = "aws:ec2/flowLog:FlowLog"
DHCP_OPTIONS: Final = "aws:ec2/vpcDhcpOptions:VpcDhcpOptions"
DHCP_ASSOCIATION: Final = "aws:ec2/vpcDhcpOptionsAssociation:VpcDhcpOptionsAssociation"
DEFAULT_DHCP_OPTIONS: Final = "aws:ec2/defaultVpcDhcpOptions:DefaultVpcDhcpOptions"
FORWARD_RULE: Final = "aws:route53/resolverRule:ResolverRule"
FORWARD_ASSOCIATION: Final = "aws:route53/resolverRuleAssociation:ResolverRuleAssociation"
RESOLVER_ENDPOINT: Final = "aws:route53/resolverEndpoint:ResolverEndpoint"
RESOLVER_CONFIG: Final = "aws:route53/resolverConfig:ResolverConfig"
ZONE: Final = "aws:route53/zone:Zone"
ZONE_ASSOCIATION: Final = "aws:route53/zoneAssociation:ZoneAssociation"
ZONE_AUTHORIZATION: Final = "aws:route53/vpcAssociationAuthorization:VpcAssociationAuthorization"
RECORD: Final = "aws:route53/record:Record"
NAMESPACE: Final = "aws:servicediscovery/privateDnsNamespace:PrivateDnsNamespace"
PROFILE_ASSOCIATION: Final = "aws:route53/profilesAssociation:ProfilesAssociation"
DNS_LIST: Final = "aws:route53/resolverFirewallDomainList:ResolverFirewallDomainList"
DNS_GROUP: Final = "aws:route53/resolverFirewallRuleGroup:ResolverFirewallRuleGroup"
DNS_RULE: Final = "aws:route53/resolverFirewallRule:ResolverFirewallRule"
DNS_ASSOCIATION: Final = "aws:route53/resolverFirewallRuleGroupAssociation:ResolverFirewallRuleGroupAssociation"
DNS_CONFIG: Final = "aws:route53/resolverFirewallConfig:ResolverFirewallConfig"

SMART_GROUP: Final = "aviatrix:index/smartGroup:SmartGroup"
WEB_GROUP: Final = "aviatrix:index/webGroup:WebGroup"
POLICY_LIST: Final = "aviatrix:index/distributedFirewallingPolicyList:DistributedFirewallingPolicyList"
RULESET: Final = "aviatrix:index/dcfRuleset:DcfRuleset"
POLICY_GROUP: Final = "aviatrix:index/dcfPolicyGroup:DcfPolicyGroup"
DEFAULT_ACTION: Final = "aviatrix:index/distributedFirewallingDefaultActionRule:DistributedFirewallingDefaultActionRule"
RULE_LISTS: Final = (POLICY_LIST, RULESET)
SPOKE_GATEWAY: Final = "aviatrix:index/spokeGateway:SpokeGateway"
CONFIG_FEATURE: Final = "aviatrix:index/configFeature:ConfigFeature"
FIREWALLING_CONFIG: Final = "aviatrix:index/distributedFirewallingConfig:DistributedFirewallingConfig"
DEPLOYMENT_POLICY: Final = "aviatrix:index/distributedFirewallingDeploymentPolicy:DistributedFirewallingDeploymentPolicy"
TLS_PROFILE: Final = "aviatrix:index/dcfTlsProfile:DcfTlsProfile"
INTRUSION_PROFILE: Final = "aviatrix:index/dcfIpsProfile:DcfIpsProfile"
DEFAULT_INTRUSION_PROFILE: Final = "aviatrix:index/dcfDefaultIpsProfile:DcfDefaultIpsProfile"
INTRUSION_FEED: Final = "aviatrix:index/dcfIpsRuleFeed:DcfIpsRuleFeed"
REMOTE_SYSLOG: Final = "aviatrix:index/remoteSyslog:RemoteSyslog"
COPILOT_ASSOCIATION: Final = "aviatrix:index/copilotAssociation:CopilotAssociation"
AVIATRIX_PROVIDER: Final = "pulumi:providers:aviatrix"
GATEWAY: Final = re.compile(r"aviatrix:index/\w*[gG]ateway\w*:\w+")
"""Aviatrix gateways: the only permitted path to the internet."""

_AGENT_RULES: Final = r"aviatrix:index/(smartGroup|webGroup|dcfRuleset|distributedFirewallingPolicyList):.*"
AGENT_RULES: Final = re.compile(_AGENT_RULES)
"""Firewall rules and their groups: a program with one is about agents, even if its hosts are in another program."""

AGENT_SIDE: Final = re.compile(rf"aws:(ec2|autoscaling|lightsail|ecs|eks)/.*|{_AGENT_RULES}")
"""Types that make a program one about hosts, which is refused if it has no agent host. A program of Controller-wide objects only
(enablement, default action, policy group) is not refused."""
