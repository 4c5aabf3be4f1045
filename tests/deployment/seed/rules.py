"""Seed 001's two rule tables, read back from the Controller: place, action, destination, ports, logging, watch, TLS."""

from __future__ import annotations

from collections.abc import Callable

from tests.deployment.seed.read_back import Deployed, Row, all_but

START, START_AND_END = "def000ad-7000-0000-0000-000000000001", "def000ad-7000-0000-0000-000000000003"
STRICT = ("regulated-data", "healthcare-phi")
APIS = ("coding", "regulated-data", "healthcare-phi")
PACKAGES, SAAS = ("coding", "open-demo"), ("customer-support", "research")
TELEMETRY, REFERENCE = ("research", "regulated-data", "healthcare-phi"), ("open-demo", "research")


def rule_is(
    name: str, priority: int, action: str, to: str, protocol: str, port: int | None, web: str | None = None
) -> Callable[[Deployed], bool]:
    """Return the check of one rule: everything it says, and that it is logged, watched and limited to TLS as its kind is."""

    def holds(d: Deployed) -> bool:
        rule = d.rule(name)
        ports = [(r["lo"], r.get("hi", r["lo"])) for r in rule.get("port_ranges") or []]
        expected = (priority, action, [to], protocol, [(port, port)] if port else [], [web] if web else [])
        seen = (
            rule["priority"],
            rule["action"],
            d.names_of(rule["dst_ads"]),
            rule["protocol"].replace("PROTOCOL_UNSPECIFIED", "ANY"),
            ports,
            d.names_of(rule.get("web_filters") or []),
        )
        assert seen == expected, f"{name}: {seen} is not {expected}"
        assert d.names_of(rule["src_ads"]) == ["sg-agent-workload"]
        assert rule["logging"] is True
        assert rule.get("log_profile") == (START_AND_END if d.agent_class in STRICT else START)
        assert bool(rule.get("watch")) == (action == "DENY" and d.mode == "monitor")
        assert (rule.get("flow_app_requirement") == "TLS_REQUIRED") == (action == "PERMIT" and web is not None)
        return True

    return holds


def absent(*names: str) -> Callable[[Deployed], bool]:
    return lambda d: not {f"vca-openclaw-{name}" for name in names} & {rule["name"] for rule in d.rules}


def web(name: str, priority: int, group: str) -> Callable[[Deployed], bool]:
    return rule_is(name, priority, "PERMIT", "Public Internet", "TCP", 443, group)


shadow = rule_is("shadow-model-deny", 10, "DENY", "Public Internet", "TCP", 443, "wg-unapproved-model-providers")
dns_udp = rule_is("allow-vpc-dns-udp", 18, "PERMIT", "sg-vpc-dns-resolver", "UDP", 53)
dns_tcp = rule_is("allow-vpc-dns-tcp", 19, "PERMIT", "sg-vpc-dns-resolver", "TCP", 53)
exfil_udp = rule_is("deny-dns-exfil-udp", 20, "DENY", "Anywhere", "UDP", 53)
exfil_tcp = rule_is("deny-dns-exfil-tcp", 21, "DENY", "Anywhere", "TCP", 53)
aws = rule_is("allow-aws-infra", 30, "PERMIT", "sg-vpc-endpoints", "TCP", 443, "wg-aws-infra")
models = web("allow-model-gateways", 40, "wg-approved-model-gateways")
model_cidrs = rule_is("allow-model-gateway-cidrs", 41, "PERMIT", "sg-approved-model-gateway-cidrs", "TCP", 443)
core = web("allow-core", 50, "wg-openclaw-core")
packages = web("allow-packages", 60, "wg-package-registries")
east_west = rule_is("deny-eastwest", 100, "DENY", "sg-east-west-deny", "ANY", None)
default = rule_is("default-deny", 200, "DENY", "Anywhere", "ANY", None)


def internal_apis(d: Deployed) -> bool:
    """The rules of 42-49 are named after their API, go to its own group, and stand before the east-west deny."""
    (rule,) = [rule for rule in d.rules if 42 <= rule["priority"] <= 49]
    (group,) = d.names_of(rule["dst_ads"])
    assert rule["name"] == f"vca-openclaw-allow-{group.removeprefix('sg-')}"
    assert (rule["action"], rule["protocol"], rule.get("web_filters") or []) == ("PERMIT", "TCP", [])
    assert all(ports["lo"] == ports.get("hi", ports["lo"]) for ports in rule["port_ranges"])
    return all(expression["cidr"].endswith("/28") for expression in d.groups[group])


def in_order(d: Deployed) -> bool:
    """Nothing is permitted ahead of the first deny, no permit is broad but monitor's last, and the last deny is for everything."""
    permits = [rule for rule in d.rules if rule["action"] != "DENY"]
    broad = [rule["name"] for rule in permits if rule["protocol"] == "PROTOCOL_UNSPECIFIED"]
    assert broad == (["vca-openclaw-monitor-permit"] if d.mode == "monitor" else [])
    last = [rule["name"] for rule in d.rules if rule["action"] == "DENY"][-1]
    return d.rules[0]["name"] == "vca-openclaw-shadow-model-deny" and last == "vca-openclaw-default-deny"


def ports_in_rules(d: Deployed) -> bool:
    return all(rule.get("port_ranges") for rule in d.rules if rule.get("web_filters"))


FIRST = (
    Row("10\tvca-openclaw-shadow-model-deny\tDENY + LOG\tUnapproved / shadow model providers", shadow),
    Row("18/19\tallow-vpc-dns-udp / tcp\tPERMIT\tVPC DNS resolver (keep normal resolution)", lambda d: dns_udp(d) and dns_tcp(d)),
    Row("20/21\tdeny-dns-exfil-udp / tcp\tDENY + LOG\tExternal DNS resolvers, UDP/TCP 53", lambda d: exfil_udp(d) and exfil_tcp(d)),
    Row("30\tallow-aws-infra\tPERMIT\tSSM, EC2, STS, Logs, ECR/S3 bootstrap", aws),
    Row(
        "31\tallow-os-updates-https\tPERMIT (opt.)\tHTTPS package / update endpoints",
        web("allow-os-updates-https", 31, "wg-os-updates"),
        ("coding",),
    ),
    Row("31\tallow-os-updates-https\tPERMIT (opt.)\tHTTPS package / update endpoints", absent("allow-os-updates-https"), all_but("coding")),
    Row("40/41\tallow-model-gateways\tPERMIT\tSanctioned NVIDIA / enterprise model gateways", models),
    Row("40/41\tallow-model-gateways\tPERMIT\tSanctioned NVIDIA / enterprise model gateways", model_cidrs, ("regulated-data",)),
    Row("50\tallow-core\tPERMIT\tOpenClaw / Hermes / NemoClaw core domains", core),
    Row("60\tallow-packages\tPERMIT (opt.)\tnpm, PyPI, GitHub, Hugging Face, Docker", packages, PACKAGES),
    Row("60\tallow-packages\tPERMIT (opt.)\tnpm, PyPI, GitHub, Hugging Face, Docker", absent("allow-packages"), all_but(*PACKAGES)),
    Row(
        "70\tallow-saas-apis\tPERMIT (opt.)\tBusiness APIs approved for this agent class",
        web("allow-saas-apis", 70, "wg-approved-saas-apis"),
        SAAS,
    ),
    Row("70\tallow-saas-apis\tPERMIT (opt.)\tBusiness APIs approved for this agent class", absent("allow-saas-apis"), all_but(*SAAS)),
    Row(
        "80\tallow-mcp-gateways\tPERMIT (opt.)\tEnterprise MCP / tool gateways",
        web("allow-mcp-gateways", 80, "wg-approved-mcp-gateways"),
        ("customer-support",),
    ),
    Row("80\tallow-mcp-gateways\tPERMIT (opt.)\tEnterprise MCP / tool gateways", absent("allow-mcp-gateways"), all_but("customer-support")),
    Row(
        "90\tallow-identity-telemetry\tPERMIT (opt.)\tApproved IdP and monitoring endpoints",
        web("allow-identity-telemetry", 90, "wg-identity-telemetry"),
        TELEMETRY,
    ),
    Row(
        "90\tallow-identity-telemetry\tPERMIT (opt.)\tApproved IdP and monitoring endpoints",
        absent("allow-identity-telemetry"),
        all_but(*TELEMETRY),
    ),
    Row(
        "95\tallow-public-reference\tPERMIT (opt.)\tSearch / weather / reference (demo only)",
        web("allow-public-reference", 95, "wg-public-reference"),
        REFERENCE,
    ),
    Row(
        "95\tallow-public-reference\tPERMIT (opt.)\tSearch / weather / reference (demo only)",
        absent("allow-public-reference"),
        all_but(*REFERENCE),
    ),
    Row("100\tdeny-eastwest\tDENY + LOG\tLateral movement to adjacent / internal CIDRs", east_west),
    Row("POST\tdefault action\tDENY + LOG\tAnything not explicitly allowed", default),
    Row(
        "POST\tdefault action\tDENY + LOG\tAnything not explicitly allowed",
        lambda d: (d.inventory["default_action"]["action"], d.inventory["default_action"]["logging"]) == ("DENY", True),
    ),
)

SECOND = (
    Row("10\tvca-openclaw-shadow-model-deny\tDeny + log\twg-unapproved-model-providers", shadow),
    Row("18/19\tallow-vpc-dns-udp / tcp\tPermit\tsg-vpc-dns-resolver UDP/TCP 53", lambda d: dns_udp(d) and dns_tcp(d)),
    Row("20/21\tdeny-dns-exfil-udp / tcp\tDeny + log\tAny UDP/TCP 53 except VPC resolver", lambda d: exfil_udp(d) and exfil_tcp(d)),
    Row("30\tallow-aws-infra\tPermit\tSSM, EC2, Logs, STS, ECR/S3 endpoints", aws),
    Row("40/41\tallow-model-gateways\tPermit\tsg-approved-model-gateways TCP 443", model_cidrs, ("regulated-data",)),
    Row("50\tallow-core\tPermit\twg-openclaw-core TCP 443", core),
    Row("60\tallow-packages\tPermit (opt.)\twg-approved-package-registries TCP 443", packages, PACKAGES),
    Row(
        "70/80\tallow-saas / mcp\tPermit (opt.)\tApproved SaaS APIs and MCP gateways TCP 443",
        lambda d: web("allow-saas-apis", 70, "wg-approved-saas-apis")(d) and web("allow-mcp-gateways", 80, "wg-approved-mcp-gateways")(d),
        ("customer-support",),
    ),
    Row("100\tdeny-eastwest\tDeny + log\tAdjacent / internal CIDRs", east_west),
    Row("POST\tdefault action\tDeny + log\tAny unmatched destination", default),
)

SENTENCES = (
    Row("Rules evaluate top to bottom. Deny rules precede broad allows; an explicit default-deny catches the rest.", in_order),
    Row(
        "Use domain-based WebGroups for HTTP/HTTPS/TLS destinations; supported FQDN wildcards may be used. Keep ports in the DCF rule.",
        ports_in_rules,
    ),
)
ROWS = (*FIRST, *SECOND, *SENTENCES)
