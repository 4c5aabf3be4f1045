"""Providers: whether a plan is made with the cloud and the account that it is judged for.

An endpoint that is not AWS's own receives the calls in AWS's place, so that what is judged is not what is made. A provider for
another account makes resources where no rule looks. A second region, default tags, a profile and a role of the hosts' own account
are ordinary. All Aviatrix resources of a program must be one Controller's: its rules protect no gateway of another.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

from containment.model.fqdn import Match
from policypack.graph import Graph, Provider, Resource
from policypack.iam.account import accounts_of, own_accounts
from policypack.known_types import AVIATRIX_PROVIDER
from policypack.plain import UNKNOWN, is_true, items

AWS_PROVIDER: Final = "pulumi:providers:aws"
PREFIX: Final = "pulumi:providers:"
WITHOUT_SETTINGS: Final = frozenset({"pulumi", "random", "tls"})
"""Packages whose providers have no settings that matter: they reach no cloud."""

_REGION: Final = r"[a-z]{2}(?:-[a-z]+)+-\d"
_OF_AWS: Final = re.compile(
    rf"(?:https://)?(?:vpce-[\w-]+\.[\w.-]+\.{_REGION}\.vpce|[a-z][\w-]*(?:\.{_REGION})?)\.(?:amazonaws\.com(?:\.cn)?|api\.aws)(?::443)?/?"
)
"""Hosts that AWS itself answers: a service, perhaps of one region, or an interface endpoint of a service.

Names with more labels (`ID.execute-api.REGION.amazonaws.com`) can be customers' own. Source: AWS General Reference, service endpoints.
"""


def is_harmless(resource: Resource) -> bool:
    """Tell whether a provider reaches no cloud, or is the engine's own default for a package whose types are judged one by one."""
    return resource.type.removeprefix(PREFIX) in WITHOUT_SETTINGS or resource.name == "default" or resource.name.startswith("default_")


def wrong_settings(resource: Resource) -> Iterator[str]:
    """Yield what is wrong with an AWS provider by its own settings, in words."""
    if resource.type != AWS_PROVIDER:
        return
    by = _provider(resource)
    for service, address in _endpoints(by.setting("endpoints")):
        if address is UNKNOWN or not _OF_AWS.fullmatch(str(address)):
            shown = "an address that is not known yet" if address is UNKNOWN else str(address)
            yield f"sends calls of {service} to {shown} and not to AWS: what is judged is not what is made"
    if is_true(by.setting("insecure")) is not Match.NO:
        yield "does not verify the certificates of AWS (insecure): somebody else may answer"
    if by.setting("pluginDownloadURL") not in (None, ""):
        yield "is downloaded from another place (pluginDownloadURL): another program may answer for AWS"


def wrong_account(resource: Resource, graph: Graph) -> Iterator[str]:
    """Yield an account that a provider works in and that is not, or not known to be, the hosts'."""
    if resource.type != AWS_PROVIDER:
        return
    own = own_accounts(graph)
    foreign = sorted(set(accounts_of(_provider(resource))) - own)
    if foreign:
        hosts = f"the hosts' is {', '.join(sorted(own))}" if own else "nothing proves that this is the hosts' (set allowedAccountIds)"
        yield f"works in account {', '.join(foreign)}, and {hosts}"


def second_controllers(graph: Graph) -> Iterator[tuple[Resource, str]]:
    """Yield every Aviatrix provider that is for another Controller than the first one."""
    first = None
    for one in graph.of(AVIATRIX_PROVIDER):
        address = one.get("controllerIp")
        first = first or address
        if address not in (None, "", first):
            yield (
                one,
                f"is for the Controller {_shown(address)}, and others are for {_shown(first)}: rules protect their own gateways",
            )


def _endpoints(value: Any) -> Iterator[tuple[str, Any]]:
    for block in items(value):
        if block is UNKNOWN:
            yield "every service", UNKNOWN
        stated: Iterable[tuple[str, Any]] = block.items() if isinstance(block, dict) else ()
        yield from ((service, address) for service, address in stated if address not in (None, ""))


def _provider(resource: Resource) -> Provider:
    return Provider(resource.urn, resource.type, resource.props)


def _shown(address: Any) -> str:
    return "that is not known yet" if address is UNKNOWN else str(address)
