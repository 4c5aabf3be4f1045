"""Seed 001's object table and appendix, read back: SmartGroups, WebGroups and the names in them."""

from __future__ import annotations

from collections.abc import Callable

from tests.deployment.seed.read_back import Deployed, Row, all_but

AGENTS = (
    "Source identity for the agent workload. Matches the VM by CSP tag (default Role = openclaw-agent-harness), so policy follows the "
    "workload regardless of IP or subnet."
)
RESOLVER = "VPC DNS resolver (.2/32). Permitted before the external-DNS deny so normal name resolution keeps working."
NEIGHBOURS = "Adjacent / internal RFC1918 CIDRs. Destination for the east-west (lateral-movement) deny rule."
MODEL_CIDRS = "Internal model-gateway CIDR destinations. Created only when approved_model_gateway_cidrs is set."
FULL_CORE = ("coding", "locked-down", "open-demo")
"""Classes with the harness's whole core; the others get what it cannot run without."""


def there(group: str) -> Callable[[Deployed], bool]:
    return lambda d: group in d.groups


def absent(group: str) -> Callable[[Deployed], bool]:
    return lambda d: group not in d.groups


def created(group: str, words: str, classes: tuple[str, ...]) -> tuple[Row, ...]:
    """Return the two sides of "created when": there for the classes that set it, absent for the others."""
    return Row(words, there(group), classes), Row(words, absent(group), all_but(*classes))


def holds(group: str, *names: str) -> Callable[[Deployed], bool]:
    return lambda d: d.domains(group) >= set(names)


OBJECT_ROWS = (
    Row(
        AGENTS, lambda d: {"type": "vm", "tags.Role": "openclaw-agent-harness", "tags.AgentStack": d.stack} in d.groups["sg-agent-workload"]
    ),
    Row(
        AGENTS,
        lambda d: (
            {"Role": "openclaw-agent-harness", "AgentStack": d.stack}.items() <= {t["Key"]: t["Value"] for t in d.host["Tags"]}.items()
        ),
    ),
    Row(RESOLVER, lambda d: d.groups["sg-vpc-dns-resolver"] == [{"cidr": d.vpc["CidrBlock"].replace(".0.0/16", ".0.2/32")}]),
    Row(NEIGHBOURS, lambda d: {e["cidr"] for e in d.groups["sg-east-west-deny"]} == {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"}),
    Row(MODEL_CIDRS, lambda d: d.groups["sg-approved-model-gateway-cidrs"] == [{"cidr": "10.201.0.0/28"}], ("regulated-data",)),
    Row(MODEL_CIDRS, absent("sg-approved-model-gateway-cidrs"), all_but("regulated-data")),
    Row(
        "Region-specific AWS control-plane endpoints (SSM, EC2, STS, CloudWatch Logs, ECR, S3)",
        lambda d: all(".us-east-1." in n for n in d.domains("wg-aws-infra")),
    ),
    Row("Always created.", there("wg-aws-infra")),
    Row(
        "OpenClaw / NemoClaw / Hermes core services, docs, and required terminal endpoints.",
        holds("wg-openclaw-core", "catalog.openclaw.ai"),
    ),
    Row(
        "Sanctioned model / inference endpoints (NVIDIA by default). Prefer an enterprise model gateway.",
        holds("wg-approved-model-gateways", "integrate.api.nvidia.com"),
    ),
    Row("Created when <code>approved_model_gateway_domains</code> is set.", there("wg-approved-model-gateways")),
    Row(
        "npm, PyPI, GitHub, Hugging Face, Docker - coding-class agents.",
        holds("wg-package-registries", "registry.npmjs.org", "pypi.org", "github.com", "huggingface.co", "registry-1.docker.io"),
        ("coding", "open-demo"),
    ),
    *created("wg-package-registries", "Created when <code>enable_package_installs</code> is true.", ("coding", "open-demo")),
    Row("HTTPS OS / update mirrors for staged installs.", lambda d: d.domains("wg-os-updates") == {"security.ubuntu.com"}, ("coding",)),
    *created("wg-os-updates", "Created when <code>os_update_domains</code> is set.", ("coding",)),
    Row(
        "Business SaaS APIs approved per agent class (CRM, ticketing, document stores, workflow).",
        holds("wg-approved-saas-apis", "acme.crm.example", "acme.tickets.example"),
        ("customer-support",),
    ),
    Row(
        "Business SaaS APIs approved per agent class (CRM, ticketing, document stores, workflow).",
        holds("wg-approved-saas-apis", "acme.sharepoint.example"),
        ("research",),
    ),
    *created("wg-approved-saas-apis", "Created when <code>approved_saas_api_domains</code> is set.", ("customer-support", "research")),
    Row(
        "Enterprise MCP / tool gateways without flat internal reachability.",
        lambda d: d.domains("wg-approved-mcp-gateways") == {"mcp.acme.example"},
        ("customer-support",),
    ),
    *created("wg-approved-mcp-gateways", "Created when <code>approved_mcp_gateway_domains</code> is set.", ("customer-support",)),
    Row(
        "Approved identity-provider and observability / telemetry endpoints.",
        lambda d: d.domains("wg-identity-telemetry") == {"otel.acme.example"},
        ("research", "regulated-data", "healthcare-phi"),
    ),
    *created(
        "wg-identity-telemetry",
        "Created when <code>identity_and_telemetry_domains</code> is set.",
        ("research", "regulated-data", "healthcare-phi"),
    ),
    Row(
        "Search / weather / reference endpoints for demo or research only.",
        holds("wg-public-reference", "api.search.brave.com"),
        ("open-demo", "research"),
    ),
    *created("wg-public-reference", "Created when <code>enable_public_reference</code> is true.", ("open-demo", "research")),
    Row(
        "Known unapproved model APIs (OpenAI, Anthropic, Mistral, DeepSeek, ...).",
        holds("wg-unapproved-model-providers", "api.openai.com", "api.anthropic.com", "api.mistral.ai", "api.deepseek.com"),
    ),
)

APPENDIX_ROWS = (
    Row(
        "OpenClaw / NemoClaw core\topenclaw.ai, www.openclaw.ai, docs.openclaw.ai, clawhub.ai, www.nvidia.com",
        holds("wg-openclaw-core", "openclaw.ai", "www.openclaw.ai", "docs.openclaw.ai", "clawhub.ai", "www.nvidia.com"),
        FULL_CORE,
    ),
    Row(
        "OpenClaw / NemoClaw core\topenclaw.ai, www.openclaw.ai, docs.openclaw.ai, clawhub.ai, www.nvidia.com",
        lambda d: d.domains("wg-openclaw-core") == {"catalog.openclaw.ai", "assets.ngc.nvidia.com"},
        all_but(*FULL_CORE),
    ),
    Row(
        "Approved model gateways\tintegrate.api.nvidia.com, inference-api.nvidia.com",
        lambda d: d.domains("wg-approved-model-gateways") == {"integrate.api.nvidia.com", "inference-api.nvidia.com"},
    ),
    Row(
        "Package / source-control\tregistry.npmjs.org, pypi.org, files.pythonhosted.org, github.com, *.githubusercontent.com, "
        "huggingface.co, registry-1.docker.io",
        holds(
            "wg-package-registries",
            "registry.npmjs.org",
            "pypi.org",
            "files.pythonhosted.org",
            "github.com",
            "raw.githubusercontent.com",
            "huggingface.co",
            "registry-1.docker.io",
        ),
        ("coding", "open-demo"),
    ),
    Row(
        "AWS infrastructure\tec2 / ssm / ssmmessages / ec2messages / logs / sts / s3 / ecr .<region>.amazonaws.com (generated from "
        "<code>aws_region</code>)",
        lambda d: (
            d.domains("wg-aws-infra")
            >= {f"{name}.us-east-1.amazonaws.com" for name in ("ec2", "ssm", "ssmmessages", "ec2messages", "logs", "sts", "s3", "ecr")}
        ),
    ),
    Row(
        "Shadow-model deny set\tapi.openai.com, api.anthropic.com, generativelanguage.googleapis.com, api.mistral.ai, openrouter.ai, "
        "api.deepseek.com, ...",
        holds(
            "wg-unapproved-model-providers",
            "api.openai.com",
            "api.anthropic.com",
            "generativelanguage.googleapis.com",
            "api.mistral.ai",
            "openrouter.ai",
            "api.deepseek.com",
        ),
    ),
)
ROWS = (*OBJECT_ROWS, *APPENDIX_ROWS)
