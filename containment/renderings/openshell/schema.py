"""Check of a policy against OpenShell's own protos, from the package `openshell` (PyPI).

The descriptors are read from the generated module without running it, because it demands a protobuf runtime of another major version than
Pulumi's. A check that was requested and cannot run is an error, never a pass.
"""

from __future__ import annotations

import ast
import importlib.util
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from google.protobuf import descriptor_pb2, descriptor_pool, duration_pb2, json_format, message_factory, struct_pb2, timestamp_pb2

from containment.errors import InputError, Problem
from containment.renderings.openshell.document import TITLE, WHY

PACKAGE: Final = "openshell"
MESSAGE: Final = "openshell.sandbox.v1.SandboxPolicy"
_FILES: Final = ("options", "datamodel", "sandbox")
_ENUMS: Final = {
    "enforcement": ("NETWORK_ENFORCEMENT_MODE_", ("enforce", "audit")),
    "access": ("NETWORK_ACCESS_PRESET_", ("read-only", "read-write", "full")),
    "tls": ("NETWORK_TLS_MODE_", ("skip", "terminate", "passthrough")),
}
"""Keys whose texts are enumerations in the protos."""


def find_package() -> Path | None:
    """Return the folder of the installed package, None where it is not installed; nothing of it is imported."""
    found = importlib.util.find_spec(PACKAGE)
    places = list(found.submodule_search_locations or ()) if found else []
    return Path(places[0]) if places and (Path(places[0]) / "_proto" / "sandbox_pb2.py").is_file() else None


def check_schema(document: Mapping[str, Any], name: str) -> None:
    """Raise InputError if OpenShell's protos do not accept a policy, or if they are not installed.

    Args:
        document: the mapping of the policy file.
        name: the name of the file, for the problems.
    """
    folder = find_package()
    if folder is None:
        what = f"cannot be checked with OpenShell's protos: the package {PACKAGE} is not installed"
        raise InputError(
            TITLE, [Problem(name, what, "a check that did not run proves nothing", f"install it: pip install {PACKAGE}==0.1.5")]
        )
    message = _load_message(folder)()
    try:
        json_format.ParseDict(convert_to_proto(document), message, ignore_unknown_fields=False)
    except json_format.ParseError as error:
        fix = "correct the key; docs/renderings.md lists those of the format"
        raise InputError(TITLE, [Problem(name, f"is refused by OpenShell's protos: {error}", WHY, fix)]) from None


def _load_message(folder: Path) -> Any:
    pool = descriptor_pool.DescriptorPool()
    for known in (descriptor_pb2, duration_pb2, struct_pb2, timestamp_pb2):
        pool.AddSerializedFile(known.DESCRIPTOR.serialized_pb)
    for file in _FILES:
        pool.AddSerializedFile(_read_descriptor(folder / "_proto" / f"{file}_pb2.py"))
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(MESSAGE))


def _read_descriptor(path: Path) -> bytes:
    """Return the serialized file descriptor that a generated module registers."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "AddSerializedFile":
            value = ast.literal_eval(node.args[0])
            assert isinstance(value, bytes)
            return value
    problem = Problem(str(path), "contains no descriptor", "the protos cannot be read", "install the package openshell again")
    raise InputError(TITLE, [problem])


def convert_to_proto(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the proto's JSON form of a policy file; unknown keys are kept, so that the protos refuse them."""
    out = dict(document)
    if "filesystem_policy" in out:
        out["filesystem"] = out.pop("filesystem_policy")
    if isinstance(out.get("process"), dict):
        out["process"] = {key: str(value) if isinstance(value, int) else value for key, value in out["process"].items()}
    rules = out.get("network_policies")
    if isinstance(rules, dict):
        out["network_policies"] = {name: _convert_rule(rule) for name, rule in rules.items()}
    return out


def _convert_rule(rule: Any) -> Any:
    if not isinstance(rule, dict) or not isinstance(rule.get("endpoints"), list):
        return rule
    return {**rule, "endpoints": [_convert_endpoint(one) if isinstance(one, dict) else one for one in rule["endpoints"]]}


def _convert_endpoint(endpoint: dict[str, Any]) -> dict[str, Any]:
    out = dict(endpoint)
    for key, (prefix, words) in _ENUMS.items():
        if out.get(key) in words:
            out[key] = prefix + str(out[key]).upper().replace("-", "_")
    for key in ("json_rpc", "mcp"):
        if isinstance(out.get(key), dict):
            options = dict(out[key])
            if "max_body_bytes" in options:
                out["json_rpc_max_body_bytes"] = options.pop("max_body_bytes")
            out[key] = options
    if out.get("json_rpc") == {}:
        del out["json_rpc"]
    if isinstance(out.get("rules"), list):
        out["rules"] = [
            {**one, "allow": _convert_call(one["allow"])} if isinstance(one, dict) and isinstance(one.get("allow"), dict) else one
            for one in out["rules"]
        ]
    if isinstance(out.get("deny_rules"), list):
        out["deny_rules"] = [_convert_call(one) if isinstance(one, dict) else one for one in out["deny_rules"]]
    return out


def _convert_call(call: dict[str, Any]) -> dict[str, Any]:
    """Return a rule with `tool` as the parameter `name`, as OpenShell stores it, and globs as matchers."""
    out = dict(call)
    params = dict(out.pop("params", None) or {})
    if "tool" in out:
        params["name"] = out.pop("tool")
    if params:
        out["params"] = {key: _convert_matcher(value) for key, value in params.items()}
    if isinstance(out.get("query"), dict):
        out["query"] = {key: _convert_matcher(value) for key, value in out["query"].items()}
    return out


def _convert_matcher(value: Any) -> Any:
    return {"glob": value} if isinstance(value, str) else value
