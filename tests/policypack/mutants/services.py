"""Holes in what stands around the host: its names, AWS endpoints, logs, gateway and Controller."""

from __future__ import annotations

import json
from typing import Any, Final

from policypack.graph.plain_data import UNKNOWN
from tests.policypack.mutants.mutant import ENFORCE, GATEWAY, VPC, Add, Drop, Mutant, Set, Unset
from tests.policypack.mutants.program import Ref

_DNS = "dns-firewall-is-closed"
_RESOLVER = "dns-stays-with-the-resolver"
_ENDPOINT = "endpoints-are-for-this-account"
_NAMES = "endpoints-answer-by-private-names"
_LOGS = "vpc-flow-logs-are-complete"
_DNS_RULE = "aws:route53/resolverFirewallRule:ResolverFirewallRule"
_DNS_LIST = "aws:route53/resolverFirewallDomainList:ResolverFirewallDomainList"
_FORWARD = "aws:route53/resolverRule:ResolverRule"
_FORWARD_USE = "aws:route53/resolverRuleAssociation:ResolverRuleAssociation"
_INTRUSIONS = "intrusions-are-dropped"
_PROFILE, _DEFAULT, _FEED = (f"aviatrix:index/dcf{one}:Dcf{one}" for one in ("IpsProfile", "DefaultIpsProfile", "IpsRuleFeed"))
_ACTIONS = {"informational": "alert", "minor": "alert", "major": "alert_and_drop", "critical": "alert_and_drop"}
_FEEDS = {"customFeedsIds": [], "externalFeedsIds": ["suricata-rules"], "ignoredSids": []}
_REMOTE = "aviatrix:index/remoteSyslog:RemoteSyslog"


def _allowing(**more: Any) -> str:
    return json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*", **more}]}
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
    *(
        Mutant(
            f"dns-list-only-alerts/{name}",
            _DNS,
            (Set("dns-addresses", "action", "ALERT"), Set("dns-addresses-names", "domains/+", name)),
            modes=ENFORCE,
        )
        for name in ("*.com", "*.net.", "*.co.uk", "*.duckdns.org", "*.github.io")
    ),
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


def _profile(name: str, **changes: Any) -> Mutant:
    """Return a stack with an intrusion profile that differs from a sound one."""
    inputs = {"profileName": "agents", "ruleFeeds": _FEEDS, "intrusionActions": _ACTIONS, **changes}
    return Mutant(f"intrusion-{name}", _INTRUSIONS, (Add(_PROFILE, inputs),))


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
    *(_profile(f"reports-{one}", intrusionActions={**_ACTIONS, one: "alert"}) for one in ("major", "critical")),
    _profile("unknown-actions", intrusionActions=UNKNOWN),
    _profile("unknown-action", intrusionActions={**_ACTIONS, "critical": UNKNOWN}),
    _profile("without-actions", intrusionActions={}),
    _profile("without-feeds", ruleFeeds={**_FEEDS, "externalFeedsIds": []}),
    _profile("unknown-feeds", ruleFeeds=UNKNOWN),
    _profile("ignores-rules", ruleFeeds={**_FEEDS, "ignoredSids": [2024897]}),
    _profile("may-ignore-rules", ruleFeeds={**_FEEDS, "ignoredSids": UNKNOWN}),
    _profile("never-drops-rules", ruleFeeds={**_FEEDS, "neverDropSids": [2024897]}),
    Mutant("intrusion-default-built-in", _INTRUSIONS, (Add(_DEFAULT, {"defaultIpsProfile": "defa11a1-0000-4000-8000-000000000000"}),)),
    Mutant("intrusion-default-unknown", _INTRUSIONS, (Add(_DEFAULT, {"defaultIpsProfile": UNKNOWN}),)),
    Mutant("intrusion-feed-passes", _INTRUSIONS, (Add(_FEED, {"feedName": "own", "fileContent": "pass tls any any -> any any (sid:1;)"}),)),
    Mutant("intrusion-feed-unknown", _INTRUSIONS, (Add(_FEED, {"feedName": "own", "fileContent": UNKNOWN}),)),
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

TABLE: Final = (*NAMES, *ENDPOINTS, *LOGS, *CONTROLLER)
