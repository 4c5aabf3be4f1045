"""Read the Controller: groups, rulesets, policy list, TLS profiles, default action, DCF feature switch, and the stack's gateways."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from containment.controller_api.client import ControllerAddress
from containment.controller_api.errors import ControllerError
from containment.controller_api.reader import ControllerReader
from containment.queries.account.reading import Reading, UnreadPart
from containment.queries.subject.other_owners import convert_expressions, convert_rule, is_web
from policypack.graph import known_types as kt
from policypack.graph.resources import Graph


def read_controller(
    reading: Reading, address: ControllerAddress, graph: Graph, connect: Callable[[ControllerAddress], ControllerReader] = ControllerReader
) -> None:
    """Add the stack's objects on the Controller to `reading`; each part that fails becomes unread.

    Args:
        reading: collects resources and unread parts.
        address: host, login and TLS settings of the Controller.
        graph: the stack's state, which names its rulesets and gateways.
        connect: opens the session; tests replace it.
    """
    try:
        controller = connect(address)
    except ControllerError as error:
        reading.unread.append(UnreadPart("the Controller", str(error)))
        return
    parts: dict[str, Callable[[], None]] = {
        "SmartGroups and WebGroups": lambda: _read_groups(reading, controller),
        "rulesets": lambda: _read_rulesets(reading, controller, graph),
        "TLS profiles": lambda: _read_tls_profiles(reading, controller, graph),
        "policy list": lambda: _read_policy_list(reading, controller, graph),
        "default action": lambda: _read_default_action(reading, controller, graph),
        "feature switches": lambda: _read_features(reading, controller, graph),
    }
    for gateway in graph.find_by_type(kt.SPOKE_GATEWAY):
        name = gateway.get("gwName")
        if isinstance(name, str):
            ident = str(gateway.get_output("id") or name)
            parts[f"gateway {name}"] = lambda name=name, ident=ident: _read_gateway(reading, controller, name, ident)  # type: ignore[misc]
    for what, read in parts.items():
        try:
            read()
        except ControllerError as error:
            reading.unread.append(UnreadPart(what, str(error)))
        except (KeyError, TypeError, ValueError, AttributeError) as error:  # a response of another shape counts as unread
            reading.unread.append(UnreadPart(what, f"a response of the Controller has an unexpected form: {error!r}"))


def _read_groups(reading: Reading, controller: ControllerReader) -> None:
    for one in controller.get_groups():
        expressions = convert_expressions(one)
        kind = kt.WEB_GROUP if is_web(expressions) else kt.SMART_GROUP
        props = {"name": one.get("name"), "selector": {"matchExpressions": expressions}, "uuid": one["uuid"]}
        reading.add(kind, str(one["uuid"]), props)


def _read_rulesets(reading: Reading, controller: ControllerReader, graph: Graph) -> None:
    own = {str(one.get_output("id")): one for one in graph.find_by_type(kt.RULESET)}
    found = {str(one["uuid"]): one for one in controller.get_rulesets() if one.get("uuid")} if own else {}
    for ident, ruleset in own.items():
        live = found.get(ident)
        rules = [convert_rule(each) for each in (live or {}).get("policies") or () if not each.get("system_resource")]
        attached = {"attachTo": live["attach_to"]} if live and live.get("attach_to") else {}
        reading.add(kt.RULESET, ident, {"name": ruleset.get("name"), "rules": rules, **attached})


def _read_tls_profiles(reading: Reading, controller: ControllerReader, graph: Graph) -> None:
    own = {str(one.get_output("id")) for one in graph.find_by_type(kt.TLS_PROFILE)}
    for one in controller.get_tls_profiles() if own else ():
        if str(one["uuid"]) in own:
            fields = {"certificateValidation": str(one["certificate_validation"]), "verifySni": one.get("verify_sni") is True}
            props = {"displayName": one.get("display_name"), "uuid": one["uuid"], **fields, "caBundleId": one.get("CA_bundle_id") or None}
            reading.add(kt.TLS_PROFILE, str(one["uuid"]), props)


def _read_policy_list(reading: Reading, controller: ControllerReader, graph: Graph) -> None:
    for one in graph.find_by_type(kt.POLICY_LIST):
        reading.add(kt.POLICY_LIST, str(one.get_output("id")), {"policies": [convert_rule(each) for each in controller.get_policy_list()]})


def _read_default_action(reading: Reading, controller: ControllerReader, graph: Graph) -> None:
    live: Any = controller.get_default_action()
    held = graph.find_by_type(kt.DEFAULT_ACTION)
    props = {"action": str(live["action"]), "logging": live.get("logging") is True}
    reading.add(kt.DEFAULT_ACTION, str(held[0].get_output("id")) if held else "default-action", props)


def _read_features(reading: Reading, controller: ControllerReader, graph: Graph) -> None:
    is_on = controller.get_features().get("microseg") is True
    held = graph.find_by_type(kt.FIREWALLING_CONFIG)
    ident = str(held[0].get_output("id")) if held else "distributed-firewalling"
    reading.add(kt.FIREWALLING_CONFIG, ident, {"enableDistributedFirewalling": is_on})


def _read_gateway(reading: Reading, controller: ControllerReader, name: str, ident: str) -> None:
    line = controller.get_gateway(name)
    if not line:
        raise ControllerError(f"the Controller has no gateway {name}")
    snat = line.get("enable_nat") == "yes" and line.get("snat_target") == "primary"
    props = {"singleIpSnat": snat, "enableEncryptVolume": bool(line.get("gw_enc")), "cloudInstanceId": line.get("cloudn_gateway_inst_id")}
    reading.add(kt.SPOKE_GATEWAY, ident, {"gwName": name, **props})
