"""Checks of the credential gateway: each route is an approved model provider with a reviewed API, and the stack can run a gateway."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from containment.config.destinations import ADDITIONS, OVERRIDES, Destinations
from containment.config.parser import get_alias
from containment.config.stack_config import StackConfig
from containment.config.validation.problems import Checks
from containment.credential_gateway.api import CredentialApi
from containment.credential_gateway.route import RouteTable, build_routes
from containment.errors import InputError
from containment.names import DENY_GROUPS, WebGroupId
from containment.patterns.domain import DomainPattern
from containment.ternary import Ternary

_FIELD = "credential_routes"
ROUTED_GROUPS = (WebGroupId.MODEL_GATEWAYS, WebGroupId.PACKAGES, WebGroupId.SAAS_APIS, WebGroupId.MCP_GATEWAYS)
"""Groups whose hosts may have a route: models, Git and registries, SaaS APIs, MCP gateways."""
_KEYS = tuple(get_alias({**OVERRIDES, **ADDITIONS}[group]) for group in ROUTED_GROUPS)


def check_credential_routes(
    config: StackConfig, destinations: Mapping[WebGroupId, Destinations], apis: Mapping[str, CredentialApi], checks: Checks
) -> RouteTable | None:
    """Return the routes of a stack, None where it has none or they are refused.

    Args:
        config: the stack's configuration.
        destinations: its destinations.
        apis: the reviewed APIs by name.
        checks: takes the problems.
    """
    _check_image(config, checks)
    if config.credential_routes and not config.enable_credential_gateway:
        what = "is false, and credentialRoutes has routes: they would have no effect, and keys would be on the hosts"
        checks.add("enable_credential_gateway", False, what, _FIELD, fix="set true, or remove credentialRoutes", replacement=True)
        return None
    if not config.credential_routes:
        return None
    if not config.create_ssm_vpc_endpoints:
        what = "is false, and the credential gateway reads its secrets through an endpoint of the VPC"
        checks.add("create_ssm_vpc_endpoints", False, what, _FIELD, fix="set true, or remove credentialRoutes", replacement=True)
    approved = {pattern for group in ROUTED_GROUPS if group in destinations for pattern in destinations[group].patterns}
    where = f"{checks.file}:{get_alias(_FIELD)}"
    for place, route in enumerate(config.credential_routes):
        host = DomainPattern.parse(route.host)
        if host not in approved:
            why = "the gateway's key would go to a host without approval"
            fix = f"add {route.host} to {' or '.join(_KEYS)}, whichever it is"
            what = f"[{place}].host {route.host} is no approved model gateway of this stack, and no approved registry, API or tool gateway"
            checks.report(where, what, why, fix)
        for pattern in _find_ways_past(host, destinations):
            why = "agents would reach it past the gateway, with any key"
            fix = f"replace {pattern} by exact hosts without {route.host}"
            checks.report(where, f"[{place}].host {route.host} is also permitted to agents by {pattern}", why, fix)
        region = route.secret.split(":")[3]
        if region != config.aws_region:
            why = "the gateway reads secrets through the VPC's endpoint, which serves its own region"
            fix = f"replicate the secret to {config.aws_region}, and write the replica's ARN"
            checks.report(where, f"[{place}].secret is in {region}, and the stack in {config.aws_region}", why, fix)
    try:
        return build_routes(config.agent_class, [route.to_entry() for route in config.credential_routes], apis, where)
    except InputError as error:
        checks.problems.extend(error.problems)
        return None


def narrow_to_routes(
    destinations: dict[WebGroupId, Destinations], table: RouteTable | None
) -> tuple[dict[WebGroupId, Destinations], dict[str, WebGroupId]]:
    """Return the destinations with every routed host in the group of the credential gateway, and the group that each came from.

    The gateway reaches no other model provider, and agents reach no routed host.

    Args:
        destinations: the stack's destinations.
        table: its routes; None for a stack without a gateway.
    """
    if table is None:
        return destinations, {}
    routed = {DomainPattern.parse(route.host): route.host for route in table.routes}
    present = [group for group in ROUTED_GROUPS if group in destinations]
    origins = {routed[one]: group for group in reversed(present) for one in destinations[group].patterns if one in routed}
    out = dict[WebGroupId, Destinations]()
    for group, found in destinations.items():
        left = tuple(one for one in found.patterns if one not in routed)
        if group in DENY_GROUPS:
            out[group] = found
        elif left and group is not WebGroupId.MODEL_GATEWAYS:
            out[group] = Destinations(left, found.origin)
    sources = dict.fromkeys(destinations[group].origin for group in present if group in origins.values())
    out[WebGroupId.MODEL_GATEWAYS] = Destinations(tuple(sorted(routed)), ", ".join(sources))
    return {group: out[group] for group in WebGroupId if group in out}, origins


def _find_ways_past(host: DomainPattern, destinations: Mapping[WebGroupId, Destinations]) -> Iterator[DomainPattern]:
    """Yield the patterns by which agents would reach a host although it has a route."""
    for group, found in destinations.items():
        if group not in DENY_GROUPS and group is not WebGroupId.MODEL_GATEWAYS:
            yield from (one for one in found.patterns if one != host and one.overlaps(host) is not Ternary.NO)


def _check_image(config: StackConfig, checks: Checks) -> None:
    if config.credential_routes and not config.credential_gateway_image_id:
        what = "is not set, and credentialRoutes needs a gateway"
        checks.add("credential_gateway_image_id", None, what, _FIELD)
    if config.credential_gateway_image_id and not config.credential_routes:
        what = "is set, and credentialRoutes has no route: no gateway is made"
        checks.add("credential_gateway_image_id", config.credential_gateway_image_id, what, _FIELD, fix="add routes, or remove the image")
