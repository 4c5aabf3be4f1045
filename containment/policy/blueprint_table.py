"""Rule table of the Aviatrix blueprint as data: the lines that name WebGroups, with priority, reason and source.

Lines without a WebGroup (DNS, east-west, the default deny) are in `containment.policy.builder`.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from containment.names import Priority, RuleId, WebGroupId

DEFAULT_ACTION: Final = "Aviatrix blueprint, rule POST"
"""Source of the Controller's default action."""


class WebLine(NamedTuple):
    """One line of the table that permits or denies a WebGroup on TCP 443 of the Public Internet."""

    rule: RuleId
    group: WebGroupId
    why: str
    source: str

    @property
    def priority(self) -> Priority:
        """The priority of the rule, which has the same name."""
        return Priority[self.rule.name]


WEB_DENIES: Final = (
    WebLine(
        RuleId.SHADOW_MODEL_DENY,
        WebGroupId.UNAPPROVED_MODELS,
        "unapproved model providers, ahead of every permit so that attempts are named in the log",
        "Aviatrix blueprint, rule 10",
    ),
    WebLine(
        RuleId.DOH_DENY,
        WebGroupId.DOH_RESOLVERS,
        "DNS over HTTPS bypasses the VPC's resolver",
        "addition: port 53 is not all of DNS",
    ),
    WebLine(
        RuleId.PASTE_DENY,
        WebGroupId.PASTE_AND_WEBHOOKS,
        "public sites that collect data for any account",
        "addition: attempts are named in the log",
    ),
)

WEB_PERMITS: Final = (
    WebLine(RuleId.OS_UPDATES, WebGroupId.OS_UPDATES, "HTTPS package mirrors for staged installs", "Aviatrix blueprint, rule 31"),
    WebLine(RuleId.MODEL_GATEWAYS, WebGroupId.MODEL_GATEWAYS, "sanctioned model gateways", "Aviatrix blueprint, rule 40/41"),
    WebLine(RuleId.CORE, WebGroupId.CORE, "services the harness cannot start without", "Aviatrix blueprint, rule 50"),
    WebLine(RuleId.PACKAGES, WebGroupId.PACKAGES, "registries and source control for coding agents", "Aviatrix blueprint, rule 60"),
    WebLine(RuleId.SAAS_APIS, WebGroupId.SAAS_APIS, "business APIs approved for this class", "Aviatrix blueprint, rule 70"),
    WebLine(RuleId.MCP_GATEWAYS, WebGroupId.MCP_GATEWAYS, "enterprise MCP and tool gateways", "Aviatrix blueprint, rule 80"),
    WebLine(RuleId.IDENTITY_TELEMETRY, WebGroupId.IDENTITY_TELEMETRY, "approved IdP and monitoring", "Aviatrix blueprint, rule 90"),
    WebLine(
        RuleId.PUBLIC_REFERENCE,
        WebGroupId.PUBLIC_REFERENCE,
        "search and reference, for demos and research",
        "Aviatrix blueprint, rule 95",
    ),
)
