"""Providers: a plan must be carried out in the cloud and the account that it is judged for.

A foreign endpoint receives the calls instead of AWS, so the created resources would not be the judged ones. A provider for
another account creates resources that no rule judges. A second region, default tags, a profile and a role in the hosts' account
are permitted. All Aviatrix resources of a program must belong to one Controller, because its rules protect no gateway of another.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

from containment.ternary import Ternary
from policypack.facts.iam.account import find_own_accounts, find_provider_accounts
from policypack.graph.known_types import AVIATRIX_PROVIDER
from policypack.graph.plain_data import UNKNOWN, get_items, is_true
from policypack.graph.resources import Graph, Provider, Resource

AWS_PROVIDER: Final = "pulumi:providers:aws"
PREFIX: Final = "pulumi:providers:"
WITHOUT_SETTINGS: Final = frozenset({"pulumi", "random", "tls"})
"""Packages whose providers reach no cloud, so their settings do not matter."""

_REGION: Final = r"[a-z]{2}(?:-[a-z]+)+-\d"
_OF_AWS: Final = re.compile(
    rf"(?:https://)?(?:vpce-[\w-]+\.[\w.-]+\.{_REGION}\.vpce|[a-z][\w-]*(?:\.{_REGION})?)\.(?:amazonaws\.com(?:\.cn)?|api\.aws)(?::443)?/?"
)
"""Hosts of AWS itself: a service, global or regional, or an interface endpoint of a service.

Names with more labels (`ID.execute-api.REGION.amazonaws.com`) can belong to customers. Source: AWS General Reference, service endpoints.
"""


def is_harmless(resource: Resource) -> bool:
    """Return whether a provider reaches no cloud, or is the engine's default for a package whose types are judged one by one."""
    return resource.type.removeprefix(PREFIX) in WITHOUT_SETTINGS or resource.name == "default" or resource.name.startswith("default_")


def find_wrong_settings(resource: Resource) -> Iterator[str]:
    """Yield a description of each unsafe setting of an AWS provider."""
    if resource.type != AWS_PROVIDER:
        return
    by = _make_provider(resource)
    for service, address in _get_endpoints(by.get_setting("endpoints")):
        if address is UNKNOWN or not _OF_AWS.fullmatch(str(address)):
            shown = "an address that is not known yet" if address is UNKNOWN else str(address)
            yield f"sends calls of {service} to {shown} instead of AWS: the created resources are not the judged ones"
    if is_true(by.get_setting("insecure")) is not Ternary.NO:
        yield "does not verify the certificates of AWS (insecure): another server may answer in its place"
    if by.get_setting("customCaBundle") not in (None, ""):
        yield "trusts other authorities than those of the machine (customCaBundle): another server may answer in the place of AWS"
    if by.get_setting("pluginDownloadURL") not in (None, ""):
        yield "is downloaded from another source (pluginDownloadURL): the plugin may be a different program"


def find_wrong_accounts(resource: Resource, graph: Graph) -> Iterator[str]:
    """Yield a description of the accounts of an AWS provider that are not, or not known to be, the hosts' account."""
    if resource.type != AWS_PROVIDER:
        return
    own = find_own_accounts(graph)
    foreign = sorted(set(find_provider_accounts(_make_provider(resource))) - own)
    if foreign:
        hosts = f"the hosts' is {', '.join(sorted(own))}" if own else "nothing proves that this is the hosts' (set allowedAccountIds)"
        yield f"works in account {', '.join(foreign)}, and {hosts}"


def find_other_controllers(graph: Graph) -> Iterator[tuple[Resource, str]]:
    """Yield every Aviatrix provider that is for another Controller than the first one."""
    first = None
    for one in graph.find_by_type(AVIATRIX_PROVIDER):
        address = one.get("controllerIp")
        first = first or address
        if address not in (None, "", first):
            yield (
                one,
                (
                    f"is for the Controller {_format_address(address)}, and others are for {_format_address(first)}: rules protect "
                    f"one Controller's gateways"
                ),
            )


def _get_endpoints(value: Any) -> Iterator[tuple[str, Any]]:
    for block in get_items(value):
        if block is UNKNOWN:
            yield "every service", UNKNOWN
        stated: Iterable[tuple[str, Any]] = block.items() if isinstance(block, dict) else ()
        yield from ((service, address) for service, address in stated if address not in (None, ""))


def _make_provider(resource: Resource) -> Provider:
    return Provider(resource.urn, resource.type, resource.props)


def _format_address(address: Any) -> str:
    return "that is not known yet" if address is UNKNOWN else str(address)
