"""Rulesets, policy groups, and the attachment points that order them: one policy with several writers.

A point is built in or created by a group; it can be looked up, and attached to, before its group exists (the attached object
is not in force until then). A point takes one object; a second is refused. Points exist only while DCF is on.
Deleting a point that is in use is refused here; the behavior of a real Controller is not documented.
"""

from __future__ import annotations

import uuid
from typing import Any

from containment_lab.controller.core import Call, Controller, Routes, change, read, require_found, serve_collection
from containment_lab.controller.dcf import rules
from containment_lab.controller.errors import BAD_FIELD, BAD_VALUE, NO_SUCH_POLICY, POINT_TAKEN, RefusedError
from containment_lab.controller.releases import refuse_decryption_with_snat
from containment_lab.controller.store import Json

POINTS = {
    "TERRAFORM_BEFORE_UI_MANAGED": "defa11a1-3000-4001-0000-000000000000",
    "TERRAFORM_AFTER_UI_MANAGED": "defa11a1-3000-4002-0000-000000000000",
}
"""The points that every Controller with DCF has, in evaluation order around the UI's list."""


def _look_up(_controller: Controller, state: Json, call: Call) -> Any:
    name = call.get_text("name")
    rules.require_enabled(state)
    point = _compute_point_uuid(state, name)
    if name not in POINTS and name not in state["attachment_points"]:
        state["lookups"][point] = name
    return [{"attachment_point_id": point, "name": name}]


def _create(controller: Controller, state: Json, call: Call) -> Any:
    rules.require_enabled(state)
    key = str(uuid.uuid4())
    _write(controller, state, key, call)
    return {"uuid": key}


def _update(controller: Controller, state: Json, call: Call) -> Any:
    _find(state, key := call.parts[0])
    _write(controller, state, key, call)
    return {}


def _get(_controller: Controller, state: Json, call: Call) -> Any:
    return _render_policy(_find(state, call.parts[0]))


def _list_policies(_controller: Controller, state: Json, _call: Call) -> Any:
    return {"dcf_policies": [_render_policy(each) for each in (*state["rulesets"].values(), *state["groups"].values())]}


def _delete(_controller: Controller, state: Json, call: Call) -> Any:
    found = _find(state, key := call.parts[0])
    holders = [
        each["name"] for each in state["groups"].values() if any(key in (sub.get("list"), sub.get("block")) for sub in each["sub_policies"])
    ]
    if holders:
        raise RefusedError(f"{found['name']} is still referenced by policy group {holders[0]}", 409)
    if key in state["groups"]:
        _release(state, key, keep=set())
    state["rulesets"].pop(key, None)
    state["groups"].pop(key, None)
    return {}


def _write(controller: Controller, state: Json, key: str, call: Call) -> None:
    """Store a ruleset or group as sent; refuse it when it is incomplete or its point is taken."""
    body = {name: value for name, value in call.fields.items() if name != "uuid"}
    name = call.get_text("name")
    is_group = "sub_policies" in body or key in state["groups"]
    if any(each["name"] == name and each["uuid"] != key for each in state["groups" if is_group else "rulesets"].values()):
        raise RefusedError(f"[{BAD_VALUE}] {'policy group' if is_group else 'ruleset'} {name} already exists", 409)
    if point := body.get("attach_to"):
        _attach(state, key, point)
    if is_group:
        body["sub_policies"] = _validate_children(state, key, body.get("sub_policies"))
        state["groups"][key] = {**body, "uuid": key}
    else:
        before = state["rulesets"].get(key, {}).get("policies", [])
        body["policies"] = rules.accept(state, body.get("policies", []), before, controller.settings.release)
        _refuse_duplicates(body["policies"], controller.settings.release)
        state["rulesets"][key] = {**body, "uuid": key}
        refuse_decryption_with_snat(controller, state)


def _attach(state: Json, key: str, point: str) -> None:
    built_in = {value: name for name, value in POINTS.items()}
    known = {**state["lookups"], **built_in, **{each["uuid"]: name for name, each in state["attachment_points"].items()}}
    if point not in known:
        raise RefusedError(f"[{BAD_VALUE}] attach_to names {point}, which is no attachment point.")
    for each in (*state["rulesets"].values(), *state["groups"].values()):
        if each.get("attach_to") == point and each["uuid"] != key:
            raise RefusedError(f"[{POINT_TAKEN}] attachment point {known[point]} is taken by {each['name']}.", 409)


def _validate_children(state: Json, key: str, sent: Any) -> list[Json]:
    """Return a group's children to store; its new points get uuids, points that it drops are deleted (unless in use)."""
    if not isinstance(sent, list) or not sent:
        raise RefusedError(f"[{BAD_FIELD}] a policy group must contain at least one sub-policy.")
    _release(state, key, keep={sub["attachment_point"].get("name") for sub in sent if sub.get("attachment_point")})
    kept = []
    for sub in sent:
        target = sub.get("list") or sub.get("block")
        if target and target not in state["rulesets" if sub.get("list") else "groups"]:
            raise RefusedError(f"[{NO_SUCH_POLICY}] policy group refers to {target}, which does not exist.", 404)
        if not isinstance(sub.get("priority"), int) or not (target or sub.get("attachment_point")):
            raise RefusedError(f"[{BAD_FIELD}] sub-policy {sub} needs a priority and a ruleset, group or attachment point.")
        point = sub.get("attachment_point")
        kept.append({**sub, "attachment_point": {**point, "uuid": _claim_point(state, key, point.get("name"))}} if point else sub)
    return kept


def _claim_point(state: Json, key: str, name: Any) -> str:
    if not isinstance(name, str) or not name or name in POINTS:
        raise RefusedError(f"[{BAD_VALUE}] {name!r} cannot be the name of a new attachment point.")
    point = _compute_point_uuid(state, name)
    owner = state["attachment_points"].setdefault(name, {"uuid": point, "group": key})["group"]
    if owner != key:
        raise RefusedError(f"[{BAD_VALUE}] attachment point {name} already exists in another policy group.", 409)
    return point


def _compute_point_uuid(state: Json, name: str) -> str:
    """Return the uuid of a point by name; a name has a uuid even before the point exists."""
    return POINTS.get(name) or str(uuid.uuid5(uuid.UUID(state["controller_id"]), name))


def _release(state: Json, group: str, keep: set[Any]) -> None:
    """Delete the points of a group that are not in `keep`; refuse if one is in use."""
    for name, point in list(state["attachment_points"].items()):
        if point["group"] == group and name not in keep:
            for each in (*state["rulesets"].values(), *state["groups"].values()):
                if each.get("attach_to") == point["uuid"]:
                    raise RefusedError(f"attachment point {name} is still used by {each['name']}", 409)
            del state["attachment_points"][name]


def _refuse_duplicates(kept: list[Json], release: tuple[int, int, int]) -> None:
    """Refuse equal names, and equal priorities on releases that do (AVX-76494, fixed in 8.2.20 and 9.0.10)."""
    fixed = (8, 2, 20) <= release < (9, 0, 0) or release >= (9, 0, 10)
    for key in ("name", "priority") if fixed else ("name",):
        seen: dict[Any, str] = {}
        for rule in kept:
            if rule[key] in seen:
                raise RefusedError(f"[{BAD_VALUE}] rules {seen[rule[key]]} and {rule['name']} have the same {key} {rule[key]!r}.")
            seen[rule[key]] = rule["name"]


def _find(state: Json, key: str) -> Json:
    found = state["rulesets"].get(key) or state["groups"].get(key)
    return require_found(found, f"[{NO_SUCH_POLICY}] there is no ruleset or policy group {key}.")


def _render_policy(kept: Json) -> Json:
    if "policies" not in kept:
        return dict(kept)
    return {**kept, "policies": [{"port_ranges": [], **rules.render_rule(rule)} for rule in kept["policies"]]}


ROUTES: Routes = [
    ("GET", "microseg/attachment-points", change(_look_up)),
    *serve_collection("microseg/policy-list3", read(_list_policies), change(_create), read(_get), change(_update), change(_delete)),
]
