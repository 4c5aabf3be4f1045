"""Read the Controller: groups, rulesets and the policy list, the default action, DCF's switch, and the stack's gateways."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from containment.verify.account.reading import Reading, Unread
from containment.verify.controller import Address, ControllerReader, ControllerUnreadableError
from containment.verify.others import expressions_of_answer, is_web, rule_of_answer
from policypack import known_types as kt
from policypack.graph import Graph


def read_controller(
    reading: Reading, address: Address, graph: Graph, connect: Callable[[Address], ControllerReader] = ControllerReader
) -> None:
    """Read the stack's objects on the Controller."""
    try:
        controller = connect(address)
    except ControllerUnreadableError as error:
        reading.unread.append(Unread("the Controller", str(error)))
        return
    parts: dict[str, Callable[[], None]] = {
        "SmartGroups and WebGroups": lambda: _groups(reading, controller),
        "rulesets": lambda: _rulesets(reading, controller, graph),
        "policy list": lambda: _policy_list(reading, controller, graph),
        "default action": lambda: _default_action(reading, controller, graph),
        "feature switches": lambda: _features(reading, controller, graph),
    }
    for gateway in graph.of(kt.SPOKE_GATEWAY):
        name = gateway.get("gwName")
        if isinstance(name, str):
            ident = str(gateway.output("id") or name)
            parts[f"gateway {name}"] = lambda name=name, ident=ident: _gateway(reading, controller, name, ident)  # type: ignore[misc]
    for what, read in parts.items():
        try:
            read()
        except ControllerUnreadableError as error:
            reading.unread.append(Unread(what, str(error)))
        except (KeyError, TypeError, ValueError, AttributeError) as error:  # an answer of another shape is no answer
            reading.unread.append(Unread(what, f"an answer of the Controller is not understood: {error!r}"))


def _groups(reading: Reading, controller: ControllerReader) -> None:
    for one in controller.groups():
        expressions = expressions_of_answer(one)
        kind = kt.WEB_GROUP if is_web(expressions) else kt.SMART_GROUP
        props = {"name": one.get("name"), "selector": {"matchExpressions": expressions}, "uuid": one["uuid"]}
        reading.add(kind, str(one["uuid"]), props)


def _rulesets(reading: Reading, controller: ControllerReader, graph: Graph) -> None:
    own = {str(one.output("id")): one for one in graph.of(kt.RULESET)}
    found = {str(one["uuid"]): one for one in controller.rulesets() if one.get("uuid")} if own else {}
    for ident, ruleset in own.items():
        live = found.get(ident)
        rules = [rule_of_answer(each) for each in (live or {}).get("policies") or () if not each.get("system_resource")]
        attached = {"attachTo": live["attach_to"]} if live and live.get("attach_to") else {}
        reading.add(kt.RULESET, ident, {"name": ruleset.get("name"), "rules": rules, **attached})


def _policy_list(reading: Reading, controller: ControllerReader, graph: Graph) -> None:
    for one in graph.of(kt.POLICY_LIST):
        reading.add(kt.POLICY_LIST, str(one.output("id")), {"policies": [rule_of_answer(each) for each in controller.policy_list()]})


def _default_action(reading: Reading, controller: ControllerReader, graph: Graph) -> None:
    live: Any = controller.default_action()
    held = graph.of(kt.DEFAULT_ACTION)
    props = {"action": str(live["action"]), "logging": live.get("logging") is True}
    reading.add(kt.DEFAULT_ACTION, str(held[0].output("id")) if held else "default-action", props)


def _features(reading: Reading, controller: ControllerReader, graph: Graph) -> None:
    is_on = controller.features().get("microseg") is True
    held = graph.of(kt.FIREWALLING_CONFIG)
    ident = str(held[0].output("id")) if held else "distributed-firewalling"
    reading.add(kt.FIREWALLING_CONFIG, ident, {"enableDistributedFirewalling": is_on})


def _gateway(reading: Reading, controller: ControllerReader, name: str, ident: str) -> None:
    line = controller.gateway(name)
    if not line:
        raise ControllerUnreadableError(f"the Controller has no gateway {name}")
    snat = line.get("enable_nat") == "yes" and line.get("snat_target") == "primary"
    props = {"singleIpSnat": snat, "enableEncryptVolume": bool(line.get("gw_enc")), "cloudInstanceId": line.get("cloudn_gateway_inst_id")}
    reading.add(kt.SPOKE_GATEWAY, ident, {"gwName": name, **props})
