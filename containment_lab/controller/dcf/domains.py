"""App domains: SmartGroups and WebGroups, which share one collection, one name space and one set of uuids.

Names are unique. A group that a rule uses cannot be deleted. The three groups that every Controller has are built in.
"""

from __future__ import annotations

import uuid
from typing import Any

from containment_lab.controller.core import Call, Controller, Routes, change, read, require_found, serve_collection
from containment_lab.controller.dcf import selectors
from containment_lab.controller.errors import BAD_FIELD, RefusedError
from containment_lab.controller.store import Json

ANYWHERE = "def000ad-0000-0000-0000-000000000000"
PUBLIC_INTERNET = "def000ad-0000-0000-0000-000000000001"
ALL_WEB = "def000ad-0000-0000-0000-000000000002"
BUILT_IN: dict[str, Json] = {
    ANYWHERE: {"uuid": ANYWHERE, "name": "Anywhere", "selector": {"any": [{"all": {"cidr": "0.0.0.0/0"}}]}},
    PUBLIC_INTERNET: {"uuid": PUBLIC_INTERNET, "name": "Public Internet", "selector": {"any": [{"all": {"external": "internet"}}]}},
    ALL_WEB: {"uuid": ALL_WEB, "name": "All-Web", "selector": {"any": [{"all": {"snifilter": "*"}}]}},
}
NOT_FOUND = "App domain not found"


def find(state: Json, key: str) -> Json:
    """Return the group with this uuid; raise RefusedError if there is none."""
    return require_found(BUILT_IN.get(key) or state["app_domains"].get(key), NOT_FOUND)


def is_web(state: Json, key: str) -> bool:
    """Return whether the group with this uuid is a WebGroup."""
    return selectors.is_web(find(state, key)["selector"])


def find_users(state: Json, key: str) -> list[str]:
    """Return the rules that use a group, each as `list or ruleset: rule`."""
    lists = [("policy list", state["policy_list"]), *((f"ruleset {each['name']}", each["policies"]) for each in state["rulesets"].values())]
    return [
        f"{where}: {rule['name']}"
        for where, rules in lists
        for rule in rules
        if key in (*rule["src_ads"], *rule["dst_ads"], *rule.get("web_filters", ()))
    ]


def _create(controller: Controller, state: Json, call: Call) -> Any:
    domain = _validate_domain(controller, call)
    _refuse_duplicate_name(state, domain["name"], but=None)
    key = str(uuid.uuid4())
    state["app_domains"][key] = {"uuid": key, **domain}
    return {"uuid": key}


def _update(controller: Controller, state: Json, call: Call) -> Any:
    domain = _validate_domain(controller, call)
    _find_modifiable(state, key := call.parts[0])
    _refuse_duplicate_name(state, domain["name"], but=key)
    if selectors.is_web(domain["selector"]) != is_web(state, key) and find_users(state, key):
        raise RefusedError(f"[{BAD_FIELD}] a group in use cannot change between SmartGroup and WebGroup.", 409)
    state["app_domains"][key] = {"uuid": key, **domain}
    return {}


def _delete(_controller: Controller, state: Json, call: Call) -> Any:
    name = _find_modifiable(state, key := call.parts[0])["name"]
    if used := find_users(state, key):
        raise RefusedError(f"App domain {name} is still used by {'; '.join(used)}", 409)
    del state["app_domains"][key]
    return {}


def _get(_controller: Controller, state: Json, call: Call) -> Any:
    return dict(find(state, call.parts[0]))


def _get_by_name(_controller: Controller, state: Json, call: Call) -> Any:
    every = (*BUILT_IN.values(), *state["app_domains"].values())
    return dict(require_found(next((each for each in every if each["name"] == call.parts[0]), None), NOT_FOUND))


def _list_domains(_controller: Controller, state: Json, _call: Call) -> Any:
    return {"app_domains": [dict(each) for each in (*BUILT_IN.values(), *state["app_domains"].values())]}


def _validate_domain(controller: Controller, call: Call) -> Json:
    name, selector = call.get_text("name"), call.fields.get("selector")
    if len(name) > 256:
        raise RefusedError(f"[{BAD_FIELD}] name is longer than 256 characters.")
    selectors.check(selector, controller.settings.release)
    return {"name": name, "selector": selector}


def _find_modifiable(state: Json, key: str) -> Json:
    if key in BUILT_IN:
        raise RefusedError(f"App domain {BUILT_IN[key]['name']} is a system resource", 403)
    return find(state, key)


def _refuse_duplicate_name(state: Json, name: str, but: str | None) -> None:
    if any(each["name"] == name and each["uuid"] != but for each in (*BUILT_IN.values(), *state["app_domains"].values())):
        raise RefusedError(f"App domain with name {name} already exists", 409)


ROUTES: Routes = [
    *serve_collection("app-domains", read(_list_domains), change(_create), read(_get), change(_update), change(_delete)),
    ("GET", "app-domains/name/*", read(_get_by_name)),
]
