"""Checks of sanctioned model providers, the hosts of the deny set that one stack may reach until a date.

The deny set has the class's sets, the minimum set (`permitted.providers`) and the stack's list, which adds to them. Only one thing
removes a provider from it: an entry of `sanctionedModelProviders` for its exact host, in a class whose preset has
`sanctionedProviders: allowed`, while an approved model gateway list has that host.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from containment.catalog.known_hosts import has_overlap
from containment.catalog.preset import Preset, Sanctions
from containment.config.destinations import Destinations
from containment.config.stack_config import StackConfig
from containment.config.validation.problems import Checks
from containment.config.waivers import SanctionedProvider
from containment.names import WebGroupId
from containment.patterns.domain import DomainPattern

_WHY = "a sanctioned provider receives prompts and data, so it needs an owner and an end"


def remove_sanctioned(destinations: Mapping[WebGroupId, Destinations], config: StackConfig) -> dict[WebGroupId, Destinations]:
    """Return the destinations, with the sanctioned hosts removed from the deny set; `check_sanctions` refuses those not allowed."""
    out = dict(destinations)
    denied = out[WebGroupId.UNAPPROVED_MODELS]
    hosts = {DomainPattern(entry.host) for entry in config.sanctioned_model_providers}
    left = tuple(pattern for pattern in denied.patterns if pattern not in hosts)
    out[WebGroupId.UNAPPROVED_MODELS] = Destinations(left, denied.origin)
    return out


def check_sanctions(
    denied: Destinations, permitted: Destinations | None, config: StackConfig, preset: Preset, today: date | None, checks: Checks
) -> None:
    """Refuse sanctions that the class does not allow, that have ended, or that change nothing.

    Args:
        denied: the deny set before any host is taken out.
        permitted: the approved model gateways, None when there are none.
    """
    for entry in config.sanctioned_model_providers:
        _check_sanction(entry, denied, permitted, preset, today, checks)


def _check_sanction(
    entry: SanctionedProvider, denied: Destinations, permitted: Destinations | None, preset: Preset, today: date | None, checks: Checks
) -> None:
    host = DomainPattern(entry.host)
    key = "sanctioned_model_providers"
    if preset.sanctioned_providers is not Sanctions.ALLOWED:
        checks.add_explained(
            key,
            f"sanctions {host}, and {preset.name} allows no sanctioned provider",
            f"presets/{preset.name}.yaml leaves sanctionedProviders at refused",
            "remove it, or use a class that allows it",
            "agent_class",
        )
    elif host not in denied.patterns:
        wider = next((str(other) for other in denied.patterns if has_overlap(host, other)), None)
        what = f"sanctions {host}, which is in no deny set" if wider is None else f"sanctions {host}, which {wider} denies"
        fix = "remove it: the host needs no sanction" if wider is None else f"take {wider} out of unapprovedModelProviderDomains"
        checks.add_explained(key, what, _WHY, fix)
    elif permitted is None or host not in permitted.patterns:
        fix = f"add {host} to approvedModelGatewayDomains, or remove the sanction"
        checks.add_explained(
            key, f"sanctions {host}, which no approved model gateway list has", _WHY, fix, "approved_model_gateway_domains"
        )
    elif today is None:
        checks.add_explained(key, f"sanctions {host} until {entry.until}, and today's date is not given", _WHY, "pass today's date")
    elif not entry.is_active(today):
        checks.add_explained(
            key, f"sanctioned {host} until {entry.until}, and today is {today}", _WHY, f"remove it, or have {entry.owner} renew it"
        )
