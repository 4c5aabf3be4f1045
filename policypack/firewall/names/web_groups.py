"""Names in WebGroups, and the groups that belong to denies while no group has an id.

In a first preview a WebGroup's names are literal, and only the rules that use it are unknown. The group with the most providers
of the minimum set is then taken for the shadow-model deny's. If the program's denies refer to more groups, groups of which most
names could not be permitted (paste sites, tunnels, wide wildcards) are taken for those of the other denies.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from containment.names import WebGroupId
from containment.patterns.domain import extract_filter_host, parse_pattern
from containment.patterns.permitted_names.account_hosts import is_model_host
from containment.patterns.permitted_names.name import find_refusal
from containment.ternary import Ternary
from policypack.firewall.model_providers import PROVIDERS
from policypack.firewall.smart_group_membership import get_expressions
from policypack.graph.plain_data import UNKNOWN, get_field
from policypack.graph.resources import Resource

_GATEWAYS: Final = WebGroupId.MODEL_GATEWAYS.value


def read_names(group: Resource) -> list[Any]:
    """Return a group's names as its resource lists them, for URLs their hosts; UNKNOWN for an unknown name."""
    filters = [(get_field(one, "snifilter"), get_field(one, "urlfilter")) for one in get_expressions(group)]
    stated = [
        [name] if url in (None, "") else [_extract_host(url)] if name in (None, "") else [name, _extract_host(url)] for name, url in filters
    ]
    return ["" if name is None else name for one in stated for name in one]


def is_gateway_group(group: Resource) -> bool:
    """Return whether a group has the name that the product gives to the approved model gateways, the only group of sanctioned models."""
    name = group.get("name")
    return isinstance(name, str) and (name == _GATEWAYS or name.endswith(f"-{_GATEWAYS}"))


def find_deny_groups(groups: Sequence[Resource], uses: int) -> tuple[list[Resource], list[Resource]]:
    """Return the group of the shadow-model deny and the groups taken for those of other denies, while no group has an id.

    Args:
        groups: every WebGroup of the program.
        uses: the number of references from its denies to WebGroups; groups beyond that number belong to permits.
    """
    counts = {group: _count_providers(group) for group in groups}
    most = max(counts, key=lambda group: counts[group], default=None)
    shadow = [most] if most is not None and counts[most] else []
    others = [group for group in groups if group not in shadow and _is_mostly_refused(group)]
    return shadow, others[: max(0, uses - len(shadow))]


def _count_providers(group: Resource) -> int:
    """Return the number of providers of the minimum set that a group's names include."""
    patterns = [pattern for raw in read_names(group) if (pattern := parse_pattern(raw)) is not None and pattern.is_anchored]
    return sum(any(pattern.matches(name) is not Ternary.NO for pattern in patterns) for name in PROVIDERS)


def _is_mostly_refused(group: Resource) -> bool:
    names = [name for name in read_names(group) if name is not UNKNOWN]
    refused = sum(isinstance(name, str) and (is_model_host(name) or find_refusal(name) is not None) for name in names)
    return not is_gateway_group(group) and refused > len(names) / 2


def _extract_host(url: Any) -> Any:
    return UNKNOWN if url is UNKNOWN else extract_filter_host(url)
