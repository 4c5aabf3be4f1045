"""Property values inside the engine: plain Python with Pulumi's own wrappers (see `containment_lab.wire`).

Owns the conversion of values at a border (program to engine, engine to provider, state or screen) and property paths (`tags.env`,
`rules[0].name`, `rules[*]`). Output values are unwrapped on arrival: inside there are only plain, secret and unknown values.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

from containment_lab.errors import EngineError
from containment_lab.wire import ARCHIVE, ASSET, OUTPUT, RESOURCE, SECRET, SIGNATURE, UNKNOWN, convert_to_plain, is_secret, wrap_secret

UNKNOWNS = frozenset({
    UNKNOWN, "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7", "3eeb2bf0-c639-47a8-9e75-3b44932eb421", "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
    "030794c1-ac77-496b-92df-f27374a8bd58", "e48ece36-62e2-4504-bad9-02848725956a", "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
})  # fmt: skip
"""The sentinel strings for an unknown string, bool, number, array, asset, archive and object."""

Properties = dict[str, Any]
PropertyPath = tuple[str | int, ...]


def receive(message: Any, folder: Path | None = None) -> Any:
    """Return a Struct (or a Value) from the wire; assets get their hash if `folder` (for their relative paths) is given."""
    return _settle(convert_to_plain(message), folder)


def _settle(value: Any, folder: Path | None) -> Any:
    if isinstance(value, list):
        return [_settle(item, folder) for item in value]
    if not isinstance(value, dict):
        return UNKNOWN if isinstance(value, str) and value in UNKNOWNS else value
    kind = value.get(SIGNATURE)
    if kind == OUTPUT:
        inner = _settle(value["value"], folder) if "value" in value else UNKNOWN
        return wrap_secret(inner) if value.get("secret") else inner
    if kind == RESOURCE:
        return complete_reference(value)
    if kind == ARCHIVE:
        raise EngineError("archives are not supported by the lab engine; use a file or string asset")
    if kind == ASSET and folder is not None and "hash" not in value:
        if "uri" in value:
            raise EngineError(f"remote assets are not supported by the lab engine: {value['uri']}")
        content = value["text"].encode() if "text" in value else (folder / value["path"]).read_bytes()
        return {**value, "hash": hashlib.sha256(content).hexdigest()}
    return {key: _settle(item, folder) for key, item in value.items()}


def complete_reference(told: Properties) -> Properties:
    """Return a resource reference in full; an unknown id is ""."""
    urn, parts = told["urn"], {key: told[key] for key in ("id", "packageVersion") if told.get(key) or (key == "id" and key in told)}
    own = {"name": urn.split("::", 3)[3], "type": urn.split("::", 3)[2].rpartition("$")[2]}
    return {SIGNATURE: RESOURCE, "urn": urn, **own, **({**parts, "id": ""} if parts.get("id") == UNKNOWN else parts)}


def find_output_dependencies(value: Any) -> set[str]:
    """Return the URNs in the output values of a plain (not yet received) value."""
    if isinstance(value, dict):
        own = set(value.get("dependencies", ())) if value.get(SIGNATURE) == OUTPUT else set()
        return own.union(*(find_output_dependencies(item) for item in value.values()))
    return set().union(*(find_output_dependencies(item) for item in value)) if isinstance(value, list) else set()


def send(value: Any, *, secrets: bool = True, unknowns: bool = True, resources: bool = True, contents: bool = True) -> Any:
    """Return `value` in the form that one receiver accepts.

    Args:
        value: The value.
        secrets: Whether it accepts secrets; else they are unwrapped.
        unknowns: Whether it accepts unknowns; else they are left out.
        resources: Whether it accepts resource references; else they are unwrapped.
        contents: Whether it gets the contents of assets.
    """
    options = {"secrets": secrets, "unknowns": unknowns, "resources": resources, "contents": contents}
    if isinstance(value, list):
        return [send(item, **options) for item in value if unknowns or not is_unknown(item)]
    if not isinstance(value, dict):
        return value
    kind = value.get(SIGNATURE)
    if kind == SECRET and not secrets:
        return send(value["value"], **options)
    if kind == RESOURCE and not resources:
        return (value["id"] or UNKNOWN) if "id" in value else value["urn"]
    if kind == ASSET and not contents:
        return {SIGNATURE: ASSET, "hash": value.get("hash", "")}
    return {key: send(item, **options) for key, item in value.items() if unknowns or not is_unknown(item)}


def is_unknown(value: Any) -> bool:
    """Return whether `value` itself is unknown, secret or not."""
    return bool((value["value"] if is_secret(value) else value) == UNKNOWN)


def has_secret(value: Any) -> bool:
    """Return whether `value` contains a secret."""
    if isinstance(value, dict):
        return is_secret(value) or any(has_secret(item) for item in value.values())
    return any(has_secret(item) for item in value) if isinstance(value, list) else False


def redact(value: Any) -> Any:
    """Replace every secret in `value` by "[secret]": the only form that reaches a screen or stdout."""
    if is_secret(value):
        return "[secret]"
    if isinstance(value, dict):
        return {key: redact(item) for key, item in value.items()}
    return [redact(item) for item in value] if isinstance(value, list) else value


def propagate_secrets(outputs: Properties, inputs: Properties) -> None:
    """Make secret in `outputs` the values that are secret in `inputs`, for a provider that does not carry secrets itself."""
    for key in inputs.keys() & outputs.keys():
        was, now = inputs[key], outputs[key]
        if isinstance(was, dict) and isinstance(now, dict) and not is_secret(was) and not is_secret(now):
            propagate_secrets(now, was)
        elif not is_secret(now) and has_secret(was):
            outputs[key] = wrap_secret(now)


_ELEMENT = re.compile(r'\.?([^.\[\]"]+)|\.?\["((?:[^"\\]|\\.)*)"\]|\.?\[(\d+|\*)\]')


def parse_path(text: str) -> PropertyPath:
    """Return a property path's elements: names, indices, and "*" for any."""
    elements: list[str | int] = []
    at = 0
    while at < len(text):
        found = _ELEMENT.match(text, at)
        if not found:
            raise EngineError(f"not a property path: {text!r} (write `name`, `outer.inner`, `list[0]` or `list[*]`)")
        name, quoted, index = found.groups()
        elements.append(
            name if name is not None else quoted.replace('\\"', '"') if quoted is not None else index if index == "*" else int(index)
        )
        at = found.end()
    return tuple(elements)


def is_below(pattern: PropertyPath, path: PropertyPath) -> bool:
    """Return whether `path` is at or below `pattern`."""
    return len(path) >= len(pattern) and all(want in ("*", have) for want, have in zip(pattern, path, strict=False))


def keep_old(path: PropertyPath, old: Any, new: Any, old_secret: bool = False, new_secret: bool = False) -> bool:
    """Put the old value at `path` into `new`, in place; return False when the path's shape differs (the change is then kept)."""
    while is_secret(old):
        old, old_secret = old["value"], True
    while is_secret(new):
        new, new_secret = new["value"], True
    key, rest = path[0], path[1:]
    if key == "*":
        if type(old) is not type(new) or not isinstance(new, (dict, list)):
            return not rest and isinstance(new, (dict, list))
        keys = list(old) if isinstance(old, dict) else list(range(min(len(old), len(new))))
        if isinstance(new, dict):
            if rest and not all(each in new for each in keys):
                return False
            if not rest:
                for each in new.keys() - old.keys():
                    del new[each]
        kept = [keep_old((each, *rest), old, new, old_secret, new_secret) for each in keys]
        return all(kept) and (isinstance(new, dict) or len(old) == len(new))
    kind: Any = list if isinstance(key, int) else dict
    there_old = isinstance(old, kind) and (0 <= key < len(old) if isinstance(key, int) else key in old)
    there_new = isinstance(new, kind) and (0 <= key < len(new) if isinstance(key, int) else key in new)
    if isinstance(key, int) and there_old != there_new:
        return False
    if rest:
        return keep_old(rest, old[key] if there_old else None, new[key], old_secret, new_secret) if there_new else not there_old
    if there_old and not isinstance(new, kind):
        return False
    if there_old:
        new[key] = wrap_secret(old[key]) if old_secret and not new_secret else old[key]
    elif there_new:
        del new[key]
    return True


def find_changed_keys(old: Properties, new: Properties) -> list[str]:
    """Return the top-level keys whose values differ; secrets are compared by their values."""
    a, b = send(old, secrets=False), send(new, secrets=False)
    return sorted(key for key in a.keys() | b.keys() if key not in a or key not in b or a[key] != b[key])


_UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}


def parse_duration(duration: str) -> float:
    """Return a Go duration ("1h30m", "5s") in seconds."""
    parts = re.findall(r"([\d.]+)(ns|us|µs|ms|s|m|h)", duration)
    if duration and "".join(map("".join, parts)) != duration:
        raise EngineError(f"custom timeout {duration!r} is not a duration (write 30s, 5m or 1h30m)")
    return sum(float(number) * _UNITS[unit] for number, unit in parts)
