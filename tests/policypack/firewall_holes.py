"""Ways of opening a small vended place's firewall, each with the rules that refuse it, and sound ways of writing.

A case says what is found once ids are known, and in a first preview when that differs (MORE).
"""

# mypy: disable-error-code="func-returns-value"

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from policypack.firewall.model_providers import PROVIDERS
from policypack.graph.known_types import (
    CONFIG_FEATURE,
    COPILOT_ASSOCIATION,
    DEFAULT_ACTION,
    FIREWALLING_CONFIG,
    POLICY_GROUP,
    POLICY_LIST,
    REMOTE_SYSLOG,
    RULESET,
    SMART_GROUP,
    SUBNET,
    TABLE_ASSOCIATION,
    TLS_PROFILE,
)
from policypack.graph.plain_data import UNKNOWN
from policypack.registry import RULES
from policypack.standalone_checks import check_stack
from tests.policypack.stacks import ANYWHERE, INTERNET, Ref, Stack, compliant, rule, web_group

OURS = (
    "agents-are-a-source-by-address",
    "controller-certificate-is-verified",
    "controller-default-action-denies",
    "default-deny-is-last",
    "denies-are-applied",
    "east-west-is-denied",
    "external-dns-is-denied",
    "firewall-stays-on",
    "gateway-has-no-ipv6",
    "gateway-translates-addresses",
    "gateway-volume-is-encrypted",
    "permits-are-for-agents",
    "permits-are-narrow",
    "permitted-names-are-not-denied",
    "policy-has-one-owner",
    "priorities-are-distinct",
    "ruleset-is-in-force",
    "shadow-model-deny-comes-first",
    "syslog-is-encrypted",
    "tls-profile-checks-the-name",
    "web-permits-demand-tls",
)
ASKED = [one for one in RULES if one.id in OURS]
SOURCE = Ref("agent-workload")
EVERYTHING: dict[str, Any] = {"protocol": "ANY", "port": None}

Change = Callable[[Stack], object]


def vended(mode: str = "enforce", *, is_list: bool = True) -> Stack:
    """Return a place that keeps every rule about its policy."""
    stack = compliant(mode)
    stack.props["agent"]["tags"]["AgentStack"] = f"coding-{mode}"
    stack.props["spoke"].update(singleIpSnat=True, enableEncryptVolume=True)
    neighbours = smart_group(stack, "neighbours", {"cidr": "10.0.0.0/8"}, {"cidr": "172.16.0.0/12"}, {"cidr": "192.168.0.0/16"})
    watch, resolver = mode == "monitor", Ref("resolver")
    policies(stack).extend(
        [
            rule("allow-vpc-dns-tcp", 19, "PERMIT", SOURCE, resolver, port=53),
            rule("deny-dns-udp", 20, "DENY", SOURCE, ANYWHERE, protocol="UDP", port=53, watch=watch),
            rule("deny-dns-tcp", 21, "DENY", SOURCE, ANYWHERE, port=53, watch=watch),
            rule("deny-neighbours", 100, "DENY", SOURCE, neighbours, watch=watch, **EVERYTHING),
        ]
    )
    stack.rule("allow-core")["flowAppRequirement"] = "TLS_REQUIRED"
    if not is_list:
        stack.types["rules"] = RULESET
        stack.props["rules"] = {"name": "rules", "attachTo": "defa11a1-3000-4001-0000-000000000000", "rules": policies(stack)}
    return stack


def policies(stack: Stack) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = stack.props["rules"].get("policies") or stack.props["rules"]["rules"]
    return found


def of(stack: Stack, name: str) -> dict[str, Any]:
    return next(one for one in policies(stack) if one["name"] == name)


def smart_group(stack: Stack, name: str, *expressions: dict[str, Any]) -> Ref:
    return stack.add(SMART_GROUP, name, {"name": name, "selector": {"matchExpressions": list(expressions)}})


def select(stack: Stack, name: str, *expressions: dict[str, Any]) -> None:
    stack.props[name]["selector"] = {"matchExpressions": list(expressions)}


def permit(stack: Stack, name: str, at: int, to: Any, **changes: Any) -> None:
    policies(stack).append(rule(name, at, "PERMIT", SOURCE, to) | changes)


def found(stack: Stack, known: bool) -> set[str]:
    return {finding.id for finding in check_stack(stack.resources(known), ASKED)}


TAGGED = {"type": "vm", "tags": {"Role": "openclaw-agent-harness"}}
HOME = {"cidr": "10.42.10.0/24"}

# case -> what breaks it, and the rules that say so
HOLES: dict[str, tuple[Change, set[str]]] = {
    "default deny gone": (lambda s: policies(s).remove(of(s, "default-deny")), {"default-deny-is-last"}),
    "default deny on one port": (lambda s: of(s, "default-deny").update(portRanges=[{"lo": 1, "hi": 1024}]), {"default-deny-is-last"}),
    "default deny on every port, which leaves out ICMP": (
        lambda s: of(s, "default-deny").update(portRanges=[{"lo": 0, "hi": 65535}]),
        {"default-deny-is-last"},
    ),
    "default deny of TLS only": (
        lambda s: of(s, "default-deny").update(flowAppRequirement="TLS_REQUIRED"),
        {"default-deny-is-last"},
    ),
    "default deny of all but TLS": (
        lambda s: of(s, "default-deny").update(flowAppRequirement="NOT_TLS_REQUIRED"),
        {"default-deny-is-last"},
    ),
    "default deny of unknown protocol": (lambda s: of(s, "default-deny").update(protocol=UNKNOWN), {"default-deny-is-last"}),
    "default deny to the internet": (lambda s: of(s, "default-deny").update(dstSmartGroups=[INTERNET]), {"default-deny-is-last"}),
    "a permit behind it": (lambda s: of(s, "allow-core").update(priority=201), {"default-deny-is-last"}),
    "a permit of unknown priority": (lambda s: of(s, "allow-core").update(priority=UNKNOWN), {"default-deny-is-last"}),
    "dns deny watched": (lambda s: of(s, "deny-dns-udp").update(watch=True), {"denies-are-applied"}),
    "dns deny may be watched": (lambda s: of(s, "deny-dns-udp").update(watch=UNKNOWN), {"denies-are-applied"}),
    "neighbours only monitored": (lambda s: of(s, "deny-neighbours").update(enforcement="monitor"), {"denies-are-applied"}),
    "neighbours unlogged": (lambda s: of(s, "deny-neighbours").update(logging=False), {"denies-are-applied"}),
    "log not known": (lambda s: of(s, "deny-neighbours").update(logging=UNKNOWN), {"denies-are-applied"}),
    "dns deny for one protocol": (lambda s: policies(s).remove(of(s, "deny-dns-tcp")), {"external-dns-is-denied"}),
    "dns deny on another port": (
        lambda s: of(s, "deny-dns-tcp").update(portRanges=[{"lo": 54, "hi": 60}]),
        {"external-dns-is-denied"},
    ),
    "dns deny by name": (lambda s: of(s, "deny-dns-tcp").update(webGroups=[Ref("core")]), {"external-dns-is-denied"}),
    "dns permit to public resolvers": (lambda s: of(s, "allow-vpc-dns-udp").update(dstSmartGroups=[INTERNET]), {"external-dns-is-denied"}),
    "dns permit of a neighbour": (lambda s: select(s, "resolver", {"cidr": "10.42.0.3/32"}), {"external-dns-is-denied"}),
    "dns permit of a range around 53": (
        lambda s: permit(s, "many", 15, INTERNET, protocol="UDP", portRanges=[{"lo": 50, "hi": 60}]),
        {"external-dns-is-denied"},
    ),
    "names without tls": (lambda s: of(s, "allow-core").pop("flowAppRequirement"), {"web-permits-demand-tls"}),
    "names, tls not known": (lambda s: of(s, "allow-core").update(flowAppRequirement=UNKNOWN), {"web-permits-demand-tls"}),
    "everything to the internet": (lambda s: permit(s, "all", 60, INTERNET, protocol="ANY", portRanges=[]), {"permits-are-narrow"}),
    "icmp to the internet": (lambda s: permit(s, "ping", 60, INTERNET, protocol="ICMP", portRanges=[]), {"permits-are-narrow"}),
    "every tcp port": (lambda s: permit(s, "tcp", 60, INTERNET, portRanges=[{"lo": 0, "hi": 65535}]), {"permits-are-narrow"}),
    "ports not known": (lambda s: permit(s, "tcp", 60, INTERNET, portRanges=UNKNOWN), {"permits-are-narrow"}),
    "https to anybody": (lambda s: permit(s, "https", 60, INTERNET), {"permits-are-narrow"}),
    "an inspecting permit of everything": (
        lambda s: permit(s, "ids", 60, INTERNET, protocol="ANY", portRanges=[], action="INTRUSION_DETECTION_PERMIT"),
        {"permits-are-narrow"},
    ),
    "names to anywhere": (lambda s: of(s, "allow-core").update(dstSmartGroups=[ANYWHERE]), {"permits-are-narrow"}),
    "names on every port": (lambda s: of(s, "allow-core").update(portRanges=[]), {"permits-are-narrow"}),
    "permit from anywhere": (lambda s: of(s, "allow-core").update(srcSmartGroups=[ANYWHERE]), {"permits-are-for-agents"}),
    "agents' group with a neighbour's subnet": (
        lambda s: select(s, "agent-workload", TAGGED, HOME, {"cidr": "10.42.0.0/24"}),
        {"permits-are-for-agents"},
    ),
    "agents' group with another role": (
        lambda s: select(s, "agent-workload", TAGGED, HOME, {"type": "vm", "tags": {"Role": "web"}}),
        {"permits-are-for-agents"},
    ),
    "agents' group with a cluster": (
        lambda s: select(s, "agent-workload", TAGGED, HOME, {"type": "k8s", "k8sClusterId": "c"}),
        {"permits-are-for-agents"},
    ),
    "agents' group with names": (
        lambda s: select(s, "agent-workload", TAGGED, HOME, {"fqdn": "build.example.com"}),
        {"permits-are-for-agents"},
    ),
    "a tag that the gateways' subnet has too": (
        lambda s: (
            s.props["agents"].update(tags={"Tier": "x"}),
            s.props["gateways"].update(tags={"Tier": "x"}),
            select(s, "agent-workload", TAGGED, HOME, {"type": "subnet", "tags": {"Tier": "x"}}),
        ),
        {"permits-are-for-agents"},
    ),
    "the agents' whole vpc": (
        lambda s: select(s, "agent-workload", TAGGED, HOME, {"type": "vpc", "resId": Ref("vpc")}),
        {"permits-are-for-agents"},
    ),
    "agents by tags alone": (lambda s: select(s, "agent-workload", TAGGED), {"agents-are-a-source-by-address"}),
    "agents by half of their subnet": (
        lambda s: select(s, "agent-workload", TAGGED, {"cidr": "10.42.10.0/25"}),
        {"agents-are-a-source-by-address"},
    ),
    "deny of neighbours gone": (lambda s: policies(s).remove(of(s, "deny-neighbours")), {"east-west-is-denied"}),
    "a permit of a private block": (
        lambda s: permit(s, "block", 42, smart_group(s, "block", {"cidr": "10.16.0.0/12"})),
        {"east-west-is-denied"},
    ),
    "a wildcard over a provider": (
        lambda s: web_group(s, "core", "openclaw.ai", "*.openai.com"),
        {"permitted-names-are-not-denied"},
    ),
    "a glob over a provider": (lambda s: web_group(s, "core", "openclaw.ai", "api.*.com"), {"permitted-names-are-not-denied"}),
    "a provider in full width": (
        lambda s: web_group(s, "core", "\N{FULLWIDTH LATIN SMALL LETTER A}pi.openai.com"),
        {"permitted-names-are-not-denied"},
    ),
    "a whole country": (lambda s: web_group(s, "core", "*.ai"), {"permitted-names-are-not-denied"}),
    "anybody's name": (lambda s: web_group(s, "core", "*openclaw.ai"), {"permitted-names-are-not-denied"}),
    "every name": (lambda s: web_group(s, "core", "*"), {"permitted-names-are-not-denied"}),
    "all web": (
        lambda s: of(s, "allow-core").update(webGroups=["def000ad-0000-0000-0000-000000000002"]),
        {"permitted-names-are-not-denied"},
    ),
    "a name that is not known": (
        lambda s: select(s, "core", {"snifilter": UNKNOWN}),
        {"permitted-names-are-not-denied"},
    ),
    "a url of a provider": (
        lambda s: select(s, "core", {"urlfilter": "https://api.openai.com/v1*"}),
        {"permitted-names-are-not-denied"},
    ),
    "two lists": (lambda s: s.add(POLICY_LIST, "more", {"policies": [rule("x", 5, "DENY", SOURCE, ANYWHERE)]}), {"policy-has-one-owner"}),
    "two default actions": (lambda s: s.add(DEFAULT_ACTION, "more", {"action": "DENY", "logging": True}), {"policy-has-one-owner"}),
    "a ruleset beside the list": (
        lambda s: s.add(
            RULESET,
            "more",
            {"attachTo": "defa11a1-3000-4001-0000-000000000000", "rules": [rule("x", 5, "DENY", SOURCE, ANYWHERE, **EVERYTHING)]},
        ),
        {"policy-has-one-owner", "shadow-model-deny-comes-first"},
    ),
    "default action permits": (lambda s: s.props["default-action"].update(action="PERMIT"), {"controller-default-action-denies"}),
    "default action not known": (lambda s: s.props["default-action"].update(action=UNKNOWN), {"controller-default-action-denies"}),
    "default action silent about logging": (lambda s: s.props["default-action"].pop("logging"), {"controller-default-action-denies"}),
    "firewall off": (lambda s: s.add(CONFIG_FEATURE, "f", {"featureName": "microseg", "isEnabled": False}), {"firewall-stays-on"}),
    "a feature that is not known": (
        lambda s: s.add(CONFIG_FEATURE, "f", {"featureName": UNKNOWN, "isEnabled": False}),
        {"firewall-stays-on"},
    ),
    "firewall not known to be on": (
        lambda s: s.add(FIREWALLING_CONFIG, "f", {"enableDistributedFirewalling": UNKNOWN}),
        {"firewall-stays-on"},
    ),
    "firewall off by silence": (lambda s: s.add(FIREWALLING_CONFIG, "f", {}), {"firewall-stays-on"}),
    "gateway volume silent": (lambda s: s.props["spoke"].pop("enableEncryptVolume"), {"gateway-volume-is-encrypted"}),
    "gateway volume not known": (lambda s: s.props["spoke"].update(enableEncryptVolume=UNKNOWN), {"gateway-volume-is-encrypted"}),
    "snat not known": (lambda s: s.props["spoke"].update(singleIpSnat=UNKNOWN), {"gateway-translates-addresses"}),
    "ipv6 as text": (lambda s: s.props["spoke"].update(enableIpv6="true"), {"gateway-has-no-ipv6"}),
    "certificate": (
        lambda s: s.add("pulumi:providers:aviatrix", "p", {"verifySslCertificate": "false"}),
        {"controller-certificate-is-verified"},
    ),
    "certificate silent": (lambda s: s.add("pulumi:providers:aviatrix", "p", {}), {"controller-certificate-is-verified"}),
    "syslog over udp on no profile": (
        lambda s: s.add(REMOTE_SYSLOG, "l", {"server": "10.0.0.9", "port": 514, "protocol": "udp"}),
        {"syslog-is-encrypted"},
    ),
    "syslog protocol not known": (
        lambda s: s.add(REMOTE_SYSLOG, "l", {"server": "10.0.0.9", "port": 514, "protocol": UNKNOWN, "caCertificateFile": "x"}),
        {"syslog-is-encrypted"},
    ),
    "profile of a copilot that is elsewhere": (
        lambda s: (
            s.add(COPILOT_ASSOCIATION, "c", {"copilotAddress": "10.0.0.9"}),
            s.add(REMOTE_SYSLOG, "l", {"server": "logs.example.com", "port": 5000, "protocol": "UDP", "index": 9}),
        ),
        {"syslog-is-encrypted"},
    ),
    "a profile that takes any name": (lambda s: s.add(TLS_PROFILE, "t", {"verifySni": False}), {"tls-profile-checks-the-name"}),
    "a permit without the profile": (lambda s: s.add(TLS_PROFILE, "t", {"verifySni": True}), {"tls-profile-checks-the-name"}),
}

MORE: dict[tuple[str, bool], set[str]] = {
    ("a permit of unknown priority", False): {"shadow-model-deny-comes-first"},  # any permit that may come first is refused
    ("dns deny by name", True): {"permitted-names-are-not-denied"},  # it denies what is permitted
    ("permit from anywhere", True): {"policy-has-one-owner"},  # the list holds a rule that is not for its own group
}
"""What else says so, by case and whether ids are known."""

# what ids have to be known for
ONCE_KNOWN: dict[str, tuple[Change, set[str]]] = {
    "a permit for somebody else": (
        lambda s: of(s, "allow-core").update(srcSmartGroups=[SOURCE, smart_group(s, "team", {"cidr": "10.99.0.0/24"})]),
        {"permits-are-for-agents"},
    ),
    "a permit of an unseen group": (
        lambda s: of(s, "allow-core").update(webGroups=["5fb8a7a4-0000-4000-8000-000000000000"]),
        {"permitted-names-are-not-denied"},
    ),
    "a permit to an unseen group": (
        lambda s: permit(s, "x", 60, "5fb8a7a4-0000-4000-8000-000000000000"),
        {"permits-are-narrow"},
    ),
    "a deny for somebody else": (
        lambda s: of(s, "deny-dns-tcp").update(srcSmartGroups=[smart_group(s, "team", {"cidr": "10.99.0.0/24"})]),
        {"external-dns-is-denied"},
    ),
    "dns permit to a group of public addresses": (
        lambda s: of(s, "allow-vpc-dns-udp").update(dstSmartGroups=[smart_group(s, "some", {"cidr": "8.8.8.0/24"})]),
        {"external-dns-is-denied"},
    ),
    "neighbours denied over tcp": (lambda s: of(s, "deny-neighbours").update(protocol="TCP"), {"east-west-is-denied"}),
    "somebody else's rule in the list": (
        lambda s: of(s, "deny-neighbours").update(srcSmartGroups=[SOURCE, "5fb8a7a4-0000-4000-8000-000000000000"]),
        {"policy-has-one-owner"},
    ),
    "a model that no deny names": (lambda s: web_group(s, "core", "api.x.ai"), {"permitted-names-are-not-denied"}),
    "a regional name of models": (
        lambda s: web_group(s, "core", "europe-west4-aiplatform.googleapis.com", "aiplatform.us.rep.googleapis.com"),
        {"permitted-names-are-not-denied"},
    ),
    "a name below a host of models": (lambda s: web_group(s, "core", "gov.api.openai.com"), {"permitted-names-are-not-denied"}),
    "a router to models, in a group of another name": (
        lambda s: (
            web_group(s, "core", "openclaw.ai", "gateway.ai.cloudflare.com"),
            s.props["core"].update(name="not-wg-approved-model-gateways-really"),
        ),
        {"permitted-names-are-not-denied"},
    ),
    "a provider of the minimum set that no deny names, in any group": (
        lambda s: (web_group(s, "shadow-models", *PROVIDERS[1:]), web_group(s, "core", PROVIDERS[0])),
        {"permitted-names-are-not-denied"},
    ),
    "a service of another region": (
        lambda s: (s.props["spoke"].update(vpcReg="us-east-1"), web_group(s, "core", "s3.eu-west-3.amazonaws.com")),
        {"permitted-names-are-not-denied"},
    ),
    "a service while the region is not known": (
        lambda s: web_group(s, "core", "s3.us-east-1.amazonaws.com"),
        {"permitted-names-are-not-denied"},
    ),
    "a service while two regions are stated": (
        lambda s: (
            s.props["spoke"].update(vpcReg="eu-west-3"),
            s.props["agent"].update(region="us-east-1"),
            web_group(s, "core", "s3.eu-west-3.amazonaws.com"),
        ),
        {"permitted-names-are-not-denied"},
    ),
    "a name denied elsewhere": (
        lambda s: (
            web_group(s, "paste", "pastebin.com"),
            policies(s).append(rule("deny-paste", 12, "DENY", SOURCE, INTERNET, web=[Ref("paste")])),
            web_group(s, "core", "openclaw.ai", "pastebin.com."),
        ),
        {"permitted-names-are-not-denied"},
    ),
}

SOUND: dict[str, Change] = {
    "as it is": lambda s: None,
    "default deny by two halves": lambda s: of(s, "default-deny").update(
        dstSmartGroups=[smart_group(s, "all", {"cidr": "0.0.0.0/1"}, {"cidr": "128.0.0.0/1"})]
    ),
    "dns deny over any protocol and in a range": lambda s: of(s, "deny-dns-tcp").update(protocol="ANY", portRanges=[{"lo": 53, "hi": 53}]),
    "a permit of an internal service": lambda s: permit(s, "api", 42, smart_group(s, "api", {"cidr": "10.8.0.0/24"}), port_ranges=[]),
    "an exact sanctioned provider": lambda s: (
        web_group(s, "shadow-models", *PROVIDERS[1:]),
        web_group(s, "core", "api.openai.com"),
        s.props["core"].update(name="acme-coding-wg-approved-model-gateways"),
    ),
    "a service of the hosts' region": lambda s: (
        s.props["spoke"].update(vpcReg="eu-west-3"),
        web_group(s, "core", "sts.eu-west-3.amazonaws.com", "acme.s3.us-east-1.amazonaws.com"),
    ),
    "more agents' subnets": lambda s: (
        s.add(SUBNET, "agents-b", {"vpcId": Ref("vpc"), "cidrBlock": "10.42.11.0/24"}),
        s.add(TABLE_ASSOCIATION, "agent-association-b", {"subnetId": Ref("agents-b"), "routeTableId": Ref("agent-table")}),
        select(s, "agent-workload", TAGGED, HOME, {"cidr": "10.42.11.0/24"}),
    ),
    "agents by a tag of the stack's own": lambda s: (
        s.props["agent"]["tags"].update(Team="blue"),
        select(s, "agent-workload", {"type": "vm", "tags": {"Team": "blue", "AgentStack": "coding-enforce"}}, HOME),
    ),
    "agents by their subnet's id": lambda s: select(s, "agent-workload", {"type": "subnet", "resId": Ref("agents")}),
    "agents by their subnet's tag": lambda s: (
        s.props["agents"].update(tags={"Tier": "agents"}),
        select(s, "agent-workload", {"type": "subnet", "tags": {"Tier": "agents"}}),
    ),
    "syslog over tls": lambda s: s.add(REMOTE_SYSLOG, "l", {"server": "logs.example.com", "port": 6514, "caCertificateFile": "pem"}),
    "copilot's own profile": lambda s: (
        s.add(COPILOT_ASSOCIATION, "c", {"copilotAddress": "198.51.100.7"}),
        s.add(REMOTE_SYSLOG, "l", {"server": "10.0.0.9", "port": 5000, "protocol": "UDP", "index": 9}),
    ),
    "firewall on": lambda s: s.add(CONFIG_FEATURE, "f", {"featureName": "microseg", "isEnabled": True}),
    "another feature off": lambda s: s.add(CONFIG_FEATURE, "f", {"featureName": "k8s", "isEnabled": False}),
    "certificate verified": lambda s: s.add("pulumi:providers:aviatrix", "p", {"verifySslCertificate": "true"}),
    "no group for neighbours at all": lambda s: (policies(s).remove(of(s, "deny-neighbours")), s.drop("neighbours")),
    "profile used": lambda s: (
        s.add(TLS_PROFILE, "t", {"verifySni": True}),
        of(s, "allow-core").update(tlsProfile=Ref("t", "uuid")),
    ),
}

RULESET_HOLES: dict[str, tuple[Change, set[str]]] = {
    "hangs nowhere": (lambda s: s.props["rules"].pop("attachTo"), {"ruleset-is-in-force"}),
    "after the ui": (lambda s: s.props["rules"].update(attachTo="defa11a1-3000-4002-0000-000000000000"), {"ruleset-is-in-force"}),
    "one point for two": (
        lambda s: s.add(POLICY_GROUP, "group", {"attachTo": "defa11a1-3000-4001-0000-000000000000", "name": "group"}),
        {"policy-has-one-owner"},
    ),
    "a permit with a deny's priority": (lambda s: of(s, "deny-neighbours").update(priority=50), {"priorities-are-distinct"}),
    "a permit with the last deny's priority": (
        lambda s: of(s, "allow-core").update(priority=200),
        {"priorities-are-distinct", "default-deny-is-last"},
    ),
}
