"""Holes in the network: routes past the gateway, ways in, names, endpoints, logs, the gateway and the Controller."""

from __future__ import annotations

import json
from typing import Any, Final

from policypack.plain import UNKNOWN
from tests.policypack.mutants.mutant import ENFORCE, GATEWAY, HOST, SUBNET, VPC, Add, Drop, Mutant, Set, Unset
from tests.policypack.mutants.mutant import TABLE as ROUTES
from tests.policypack.mutants.program import Ref

_NAT, _JOINS, _IN = "agent-subnet-has-no-nat-route", "agent-subnet-joins-no-other-network", "agent-host-has-no-way-in"
_KNOWN, _DNS, _RESOLVER = "compute-and-routing-are-known", "dns-firewall-is-closed", "dns-stays-with-the-resolver"
_ENDPOINT, _NAMES, _LOGS = "endpoints-are-for-this-account", "endpoints-answer-by-private-names", "vpc-flow-logs-are-complete"
_ROUTE, _DNS_RULE = "aws:ec2/route:Route", "aws:route53/resolverFirewallRule:ResolverFirewallRule"
_DNS_LIST = "aws:route53/resolverFirewallDomainList:ResolverFirewallDomainList"
_FORWARD, _FORWARD_USE = "aws:route53/resolverRule:ResolverRule", "aws:route53/resolverRuleAssociation:ResolverRuleAssociation"
_REMOTE = "aviatrix:index/remoteSyslog:RemoteSyslog"


def _route(destination: Any = "0.0.0.0/0", **target: Any) -> Add:
    return Add(_ROUTE, {"routeTableId": Ref(ROUTES), "destinationCidrBlock": destination, **target})


def _allowing(**more: Any) -> str:
    return json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*", **more}]}
    )


LEAKS: Final = (
    Mutant("route-nat", _NAT, (_route(natGatewayId="nat-0123456789abcdef0"),)),
    Mutant("route-internet", _NAT, (_route(gatewayId=Ref("network-igw")),)),
    Mutant("route-half-of-the-internet", _NAT, (_route("128.0.0.0/1", natGatewayId="nat-0123456789abcdef0"),)),
    Mutant("route-one-host", _NAT, (_route("198.51.100.7/32", networkInterfaceId="eni-0123456789abcdef0"),)),
    Mutant("route-transit", _NAT, (_route(transitGatewayId="tgw-0123456789abcdef0"),)),
    Mutant(
        "route-v6",
        _NAT,
        (Add(_ROUTE, {"routeTableId": Ref(ROUTES), "destinationIpv6CidrBlock": "::/0", "egressOnlyGatewayId": "eigw-0a"}),),
    ),
    Mutant("route-unknown-destination", _NAT, (_route(UNKNOWN, transitGatewayId="tgw-0123456789abcdef0"),)),
    Mutant("route-unknown-target", _NAT, (_route(natGatewayId=UNKNOWN),)),
    Mutant("route-inline", _NAT, (Set(ROUTES, "routes", [{"cidrBlock": "0.0.0.0/0", "natGatewayId": "nat-0123456789abcdef0"}]),)),
    Mutant("route-inline-unknown", _NAT, (Set(ROUTES, "routes", UNKNOWN),)),
    Mutant("route-propagated", _NAT, (Set(ROUTES, "propagatingVgws", ["vgw-0123456789abcdef0"]),)),
    Mutant(
        "route-other-table", _NAT, (Set("network-agent-rta-0", "routeTableId", Ref("network-gateway-rt")),), where="network-gateway-out"
    ),
    Mutant("route-foreign-table", _NAT, (Set("network-agent-rta-0", "routeTableId", "rtb-0123456789abcdef0"),), where=HOST),
    Mutant(
        "route-foreign-subnet",
        _NAT,
        (Set(HOST, "subnetId", "subnet-0123456789abcdef0"),),
        also=("agents-are-a-source-by-address", "dns-firewall-is-closed", "external-dns-is-denied", "permits-are-for-agents"),
    ),
    Mutant(
        "route-gateways-subnet",
        _NAT,
        (Set(HOST, "subnetId", Ref("network-gateway-subnet-0")),),
        where="network-gateway-out",
        also=("agents-are-a-source-by-address", "permits-are-for-agents"),
    ),
    Mutant(
        "route-main-table",
        _NAT,
        (
            Drop("network-agent-rta-0"),
            Add(
                "aws:ec2/mainRouteTableAssociation:MainRouteTableAssociation",
                {"vpcId": Ref(VPC), "routeTableId": Ref("network-gateway-rt")},
            ),
        ),
        where="network-gateway-out",
    ),
    Mutant("route-peering", _JOINS, (_route("10.200.0.0/16", vpcPeeringConnectionId="pcx-0123456789abcdef0"),)),
    Mutant("route-private-transit", _JOINS, (_route("172.16.0.0/12", transitGatewayId="tgw-0123456789abcdef0"),)),
    Mutant("route-private-vpn", _JOINS, (_route("192.168.0.0/16", gatewayId="vgw-0123456789abcdef0"),)),
    Mutant(
        "route-private-core-network",
        _JOINS,
        (_route("10.99.0.0/24", coreNetworkArn="arn:aws:networkmanager::123456789012:core-network/core-network-0a"),),
    ),
)

WAYS_IN: Final = (
    Mutant(
        "in-target-group",
        _IN,
        (Add("aws:lb/targetGroupAttachment:TargetGroupAttachment", {"targetId": Ref(HOST), "targetGroupArn": "arn:t"}),),
    ),
    Mutant(
        "in-target-address",
        _IN,
        (Add("aws:lb/targetGroupAttachment:TargetGroupAttachment", {"targetId": UNKNOWN, "targetGroupArn": "arn:t"}),),
    ),
    Mutant("in-classic-balancer", _IN, (Add("aws:elb/loadBalancer:LoadBalancer", {"instances": [Ref(HOST)], "listeners": []}),)),
    Mutant(
        "in-accelerator",
        _IN,
        (Add("aws:globalaccelerator/endpointGroup:EndpointGroup", {"endpointConfigurations": [{"endpointId": Ref(HOST)}]}),),
    ),
    Mutant(
        "in-instance-connect",
        _IN,
        (Add("aws:ec2transitgateway/instanceConnectEndpoint:InstanceConnectEndpoint", {"subnetId": Ref(SUBNET)}),),
    ),
    Mutant(
        "in-client-vpn",
        _IN,
        (Add("aws:ec2clientvpn/networkAssociation:NetworkAssociation", {"subnetId": Ref(SUBNET), "clientVpnEndpointId": "cvpn-0a"}),),
    ),
    Mutant(
        "in-lattice",
        _IN,
        (
            Add(
                "aws:vpclattice/serviceNetworkVpcAssociation:ServiceNetworkVpcAssociation",
                {"vpcIdentifier": Ref(VPC), "serviceNetworkIdentifier": "sn-0a"},
            ),
        ),
    ),
    Mutant(
        "in-lattice-target",
        _IN,
        (
            Add(
                "aws:vpclattice/targetGroupAttachment:TargetGroupAttachment",
                {"target": {"id": Ref(HOST)}, "targetGroupIdentifier": "tg-0a"},
            ),
        ),
    ),
    Mutant(
        "in-transit",
        _IN,
        (
            Add(
                "aws:ec2transitgateway/vpcAttachment:VpcAttachment",
                {"subnetIds": [Ref(SUBNET)], "vpcId": Ref(VPC), "transitGatewayId": "tgw-0a"},
            ),
        ),
    ),
    Mutant(
        "in-verified-access", _IN, (Add("aws:verifiedaccess/endpoint:Endpoint", {"loadBalancerOptions": {"subnetIds": [Ref(SUBNET)]}}),)
    ),
    Mutant(
        "in-vpn-authorization",
        _IN,
        (
            Add(
                "aws:ec2clientvpn/authorizationRule:AuthorizationRule",
                {"targetNetworkCidr": "10.0.0.0/8", "clientVpnEndpointId": "cvpn-0a"},
            ),
        ),
    ),
    Mutant("in-service-of-somebody", _IN, (Set("aws-ssm", "serviceName", "com.amazonaws.vpce.us-east-1.vpce-svc-0123456789abcdef0"),)),
    Mutant("in-service-unknown", _IN, (Set("aws-ssm", "serviceName", UNKNOWN),)),
)

UNKNOWN_KINDS: Final = (
    Mutant("kind-function", _KNOWN, (Add("aws:lambda/function:Function", {"role": Ref("agent-identity-role", "arn")}),)),
    Mutant("kind-stack", _KNOWN, (Add("aws:cloudformation/stack:Stack", {"templateBody": "{}"}),)),
    Mutant("kind-build", _KNOWN, (Add("aws:codebuild/project:Project", {}),)),
    Mutant("kind-other-cloud", _KNOWN, (Add("gcp:compute/instance:Instance", {}),)),
    Mutant("kind-native-route", _KNOWN, (Add("aws-native:ec2:Route", {"routeTableId": Ref(ROUTES), "destinationCidrBlock": "0.0.0.0/0"}),)),
    Mutant("kind-pod", _KNOWN, (Add("kubernetes:core/v1:Pod", {}),)),
    Mutant(
        "kind-scheduled-task",
        _KNOWN,
        (Add("aws:cloudwatch/eventTarget:EventTarget", {"ecsTarget": {"taskDefinitionArn": "arn:t"}, "arn": "arn:c"}),),
    ),
)

NAMES: Final = (
    Mutant("dns-association-gone", _DNS, (Drop("dns-use"),), where=VPC),
    Mutant("dns-association-elsewhere", _DNS, (Set("dns-use", "vpcId", "vpc-0123456789abcdef0"),), where=VPC),
    Mutant("dns-group-gone", _DNS, (Drop("dns-rules"),), where=VPC),
    Mutant("dns-last-rule-gone", _DNS, (Drop("dns-everything-else"),), where=VPC),
    Mutant("dns-last-rule-allows", _DNS, (Set("dns-everything-else", "action", "ALLOW"),)),
    Mutant("dns-last-rule-alerts", _DNS, (Set("dns-everything-else", "action", "ALERT"),), modes=ENFORCE),
    Mutant("dns-last-rule-unknown", _DNS, (Set("dns-everything-else", "action", UNKNOWN),)),
    Mutant("dns-last-rule-one-type", _DNS, (Set("dns-everything-else", "qType", "TXT"),), where=VPC),
    Mutant("dns-last-list-short", _DNS, (Set("dns-everything-else-names", "domains", ["example.net"]),), where=VPC),
    Mutant(
        "dns-list-allows-all", _DNS, (Set("dns-addresses-names", "domains", ["*"]), Unset("dns-addresses", "qType")), where="dns-addresses"
    ),
    Mutant("dns-list-top-level", _DNS, (Set("dns-addresses-names", "domains/+", "*.com"),), where="dns-addresses"),
    Mutant(
        "dns-list-top-level-full-width", _DNS, (Set("dns-addresses-names", "domains/+", "*\u3002\uff23\uff4fm."),), where="dns-addresses"
    ),
    Mutant("dns-list-unknown", _DNS, (Set("dns-addresses-names", "domains", UNKNOWN),), where="dns-addresses"),
    Mutant("dns-list-one-unknown", _DNS, (Set("dns-addresses-names", "domains/+", UNKNOWN),), where="dns-addresses"),
    Mutant("dns-list-all-addresses", _DNS, (Set("dns-addresses-names", "domains", ["*"]),), where="dns-addresses"),
    Mutant("dns-list-of-somebody", _DNS, (Set("dns-addresses", "firewallDomainListId", "rslvr-fdl-0123456789abcdef"),)),
    Mutant("dns-fails-open", _DNS, (Set("dns-closed", "firewallFailOpen", "ENABLED"),)),
    Mutant("dns-fails-unknown", _DNS, (Set("dns-closed", "firewallFailOpen", UNKNOWN),)),
    Mutant("dns-unprotected", _DNS, (Set("dns-use", "mutationProtection", "DISABLED"),)),
    Mutant(
        "dns-rule-before",
        _DNS,
        (
            Add(_DNS_LIST, {"domains": ["*"]}, "everything"),
            Add(
                _DNS_RULE,
                {"firewallDomainListId": Ref("everything"), "firewallRuleGroupId": Ref("dns-rules"), "priority": 1, "action": "ALLOW"},
            ),
        ),
        where="extra",
    ),
    Mutant("dhcp-foreign-server", _RESOLVER, (Set("network-dhcp", "domainNameServers", ["1.1.1.1"]),)),
    Mutant("dhcp-server-beside", _RESOLVER, (Set("network-dhcp", "domainNameServers/+", "9.9.9.9"),)),
    Mutant("dhcp-server-unknown", _RESOLVER, (Set("network-dhcp", "domainNameServers", [UNKNOWN]),)),
    Mutant("dhcp-options-of-somebody", _RESOLVER, (Set("network-dhcp-use", "dhcpOptionsId", "dopt-0123456789abcdef0"),)),
    Mutant(
        "dns-forwarded",
        _RESOLVER,
        (
            Add(_FORWARD, {"domainName": ".", "ruleType": "FORWARD", "targetIps": [{"ip": "198.51.100.53"}]}, "forward"),
            Add(_FORWARD_USE, {"resolverRuleId": Ref("forward"), "vpcId": Ref(VPC)}),
        ),
    ),
    Mutant(
        "dns-forwarded-by-somebody", _RESOLVER, (Add(_FORWARD_USE, {"resolverRuleId": "rslvr-rr-0123456789abcdef", "vpcId": Ref(VPC)}),)
    ),
)

ENDPOINTS: Final = (
    Mutant("endpoint-any-account", _ENDPOINT, (Set("aws-ssm", "policy", _allowing()),)),
    Mutant(
        "endpoint-any-resource",
        _ENDPOINT,
        (Set("aws-s3", "policy", _allowing(Condition={"StringEquals": {"aws:PrincipalAccount": "123456789012"}})),),
    ),
    Mutant(
        "endpoint-if-exists",
        _ENDPOINT,
        (
            Set(
                "aws-sts",
                "policy",
                _allowing(
                    Condition={"StringEqualsIfExists": {"aws:PrincipalAccount": "123456789012", "aws:ResourceAccount": "123456789012"}}
                ),
            ),
        ),
    ),
    Mutant(
        "endpoint-pattern",
        _ENDPOINT,
        (Set("aws-logs", "policy", _allowing(Condition={"StringLike": {"aws:PrincipalAccount": "*", "aws:ResourceAccount": "1*"}})),),
    ),
    Mutant("endpoint-no-json", _ENDPOINT, (Set("aws-ec2", "policy", "no policy"),)),
    Mutant(
        "endpoint-policy-apart",
        _ENDPOINT,
        (Add("aws:ec2/vpcEndpointPolicy:VpcEndpointPolicy", {"vpcEndpointId": Ref("aws-s3"), "policy": _allowing()}),),
    ),
    Mutant("endpoint-names-support", _NAMES, (Set(VPC, "enableDnsSupport", False),)),
    Mutant("endpoint-names-hostnames", _NAMES, (Set(VPC, "enableDnsHostnames", False),)),
    Mutant("endpoint-names-hostnames-unset", _NAMES, (Unset(VPC, "enableDnsHostnames"),)),
    Mutant("endpoint-names-unknown", _NAMES, (Set(VPC, "enableDnsSupport", UNKNOWN),)),
)

LOGS: Final = (
    Mutant("log-gone", _LOGS, (Drop("network-flow-log"),), where=VPC),
    Mutant("log-accepted-only", _LOGS, (Set("network-flow-log", "trafficType", "ACCEPT"),)),
    Mutant("log-rejected-only", _LOGS, (Set("network-flow-log", "trafficType", "REJECT"),)),
    Mutant("log-type-unknown", _LOGS, (Set("network-flow-log", "trafficType", UNKNOWN),)),
    Mutant("log-type-silent", _LOGS, (Unset("network-flow-log", "trafficType"),)),
    Mutant("log-of-another-vpc", _LOGS, (Set("network-flow-log", "vpcId", "vpc-0123456789abcdef0"),), where=VPC),
)


def _switch(key: str, rule: str, bad: bool, *, silence: bool = True) -> tuple[Mutant, ...]:
    """Return the ways to set one switch of the gateway wrongly."""
    ways = [
        (f"{key}-wrong", Set(GATEWAY, key, bad)),
        (f"{key}-text", Set(GATEWAY, key, str(bad).lower())),
        (f"{key}-unknown", Set(GATEWAY, key, UNKNOWN)),
    ]
    ways += [(f"{key}-silent", Unset(GATEWAY, key))] if silence else []
    return tuple(Mutant(f"gateway-{name}", rule, (change,)) for name, change in ways)


CONTROLLER: Final = (
    *_switch("singleIpSnat", "gateway-translates-addresses", bad=False),
    *_switch("enableEncryptVolume", "gateway-volume-is-encrypted", bad=False),
    *_switch("enableIpv6", "gateway-has-no-ipv6", bad=True, silence=False),
    Mutant("controller-unverified", "controller-certificate-is-verified", (Set("controller", "verifySslCertificate", "false"),)),
    Mutant("controller-silent", "controller-certificate-is-verified", (Unset("controller", "verifySslCertificate"),)),
    Mutant("controller-unknown", "controller-certificate-is-verified", (Set("controller", "verifySslCertificate", UNKNOWN),)),
    Mutant("syslog-udp", "syslog-is-encrypted", (Add(_REMOTE, {"index": 0, "server": "198.51.100.5", "port": 514, "protocol": "UDP"}),)),
    Mutant(
        "syslog-no-authority",
        "syslog-is-encrypted",
        (Add(_REMOTE, {"index": 0, "server": "198.51.100.5", "port": 6514, "protocol": "TCP"}),),
    ),
    Mutant(
        "syslog-unknown", "syslog-is-encrypted", (Add(_REMOTE, {"index": 0, "server": "198.51.100.5", "port": 6514, "protocol": UNKNOWN}),)
    ),
    Mutant(
        "syslog-copilots", "syslog-is-encrypted", (Add(_REMOTE, {"index": 9, "server": "198.51.100.5", "port": 5000, "protocol": "UDP"}),)
    ),
    Mutant(
        "firewall-off",
        "firewall-stays-on",
        (Add("aviatrix:index/distributedFirewallingConfig:DistributedFirewallingConfig", {"enableDistributedFirewalling": False}),),
    ),
    Mutant("firewall-silent", "firewall-stays-on", (Add("aviatrix:index/distributedFirewallingConfig:DistributedFirewallingConfig", {}),)),
    Mutant(
        "firewall-feature-off",
        "firewall-stays-on",
        (Add("aviatrix:index/configFeature:ConfigFeature", {"featureName": "microseg", "isEnabled": False}),),
    ),
    Mutant(
        "firewall-without-aws",
        "firewall-stays-on",
        (
            Add(
                "aviatrix:index/distributedFirewallingDeploymentPolicy:DistributedFirewallingDeploymentPolicy",
                {"providers": ["Azure"], "setDefaults": False},
            ),
        ),
    ),
)

TABLE: Final = (*LEAKS, *WAYS_IN, *UNKNOWN_KINDS, *NAMES, *ENDPOINTS, *LOGS, *CONTROLLER)
