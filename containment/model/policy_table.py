"""Seed 001's rule table as data: the lines that name WebGroups, each with its place, its why and its source.

Lines without a WebGroup (DNS, east-west, the last deny) are written where they are built, in `policy`.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from containment.model.names import Priority, RuleId, WebGroupId


class WebLine(NamedTuple):
    """One line of the table that permits or denies a WebGroup on TCP 443 of the Public Internet."""

    priority: Priority
    rule: RuleId
    group: WebGroupId
    why: str
    source: str


WEB_DENIES: Final = (
    WebLine(
        Priority.SHADOW_MODEL_DENY,
        RuleId.SHADOW_MODEL_DENY,
        WebGroupId.UNAPPROVED_MODELS,
        "unapproved model providers, ahead of every permit so that attempts are named in the log",
        "seed 001, row 10",
    ),
    WebLine(
        Priority.DOH_DENY,
        RuleId.DOH_DENY,
        WebGroupId.DOH_RESOLVERS,
        "DNS over HTTPS walks around the resolver",
        "ours: port 53 is not all of DNS",
    ),
    WebLine(
        Priority.PASTE_DENY,
        RuleId.PASTE_DENY,
        WebGroupId.PASTE_AND_WEBHOOKS,
        "sites where strangers collect data",
        "ours: named in the log",
    ),
)

WEB_PERMITS: Final = (
    WebLine(Priority.OS_UPDATES, RuleId.OS_UPDATES, WebGroupId.OS_UPDATES, "HTTPS package mirrors for staged installs", "seed 001, row 31"),
    WebLine(Priority.MODEL_GATEWAYS, RuleId.MODEL_GATEWAYS, WebGroupId.MODEL_GATEWAYS, "sanctioned model gateways", "seed 001, row 40/41"),
    WebLine(Priority.CORE, RuleId.CORE, WebGroupId.CORE, "services the harness cannot start without", "seed 001, row 50"),
    WebLine(Priority.PACKAGES, RuleId.PACKAGES, WebGroupId.PACKAGES, "registries and source control for coding agents", "seed 001, row 60"),
    WebLine(Priority.SAAS_APIS, RuleId.SAAS_APIS, WebGroupId.SAAS_APIS, "business APIs approved for this class", "seed 001, row 70"),
    WebLine(Priority.MCP_GATEWAYS, RuleId.MCP_GATEWAYS, WebGroupId.MCP_GATEWAYS, "enterprise MCP and tool gateways", "seed 001, row 80"),
    WebLine(
        Priority.IDENTITY_TELEMETRY,
        RuleId.IDENTITY_TELEMETRY,
        WebGroupId.IDENTITY_TELEMETRY,
        "approved IdP and monitoring",
        "seed 001, row 90",
    ),
    WebLine(
        Priority.PUBLIC_REFERENCE,
        RuleId.PUBLIC_REFERENCE,
        WebGroupId.PUBLIC_REFERENCE,
        "search and reference, for demos and research",
        "seed 001, row 95",
    ),
)
