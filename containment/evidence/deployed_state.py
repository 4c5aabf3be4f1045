"""A deployed state: the document of a file, of this folder's lab or of the Pulumi CLI, and the signs of a simulation in it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final

from containment.errors import ContainmentError
from containment.evidence.json_file import JsonFile, read_json_file
from containment.evidence.model import Collected, Source
from containment.record.digests import digest_bytes

_HOW: Final = "give a file that `pulumi stack export` or `containment lab export` wrote"
EXAMPLE_ACCOUNT: Final = "123456789012"
"""The account number that AWS reserves for examples, which simulators of AWS use."""
_ACCOUNT: Final = re.compile(r"arn:aws[a-z-]*:[a-z0-9-]*:[a-z0-9-]*:(\d{12}):")
_HOST: Final = re.compile(r"(?:[a-z][a-z0-9+.-]*://)?(?:\[(?P<six>[0-9a-fA-F:.]+)\]|(?P<four>[^/:\s]+))(?::\d+)?(?:/.*)?")


def read_deployed(stack: str, file: Path | None, folder: Path) -> JsonFile | Collected:
    """Return the state of a stack, or why there is none.

    Args:
        stack: the stack.
        file: the file of the state; None reads the running lab, else the Pulumi CLI.
        folder: the folder of the Pulumi project.

    Raises:
        InputError: the named file cannot be read.
    """
    if file is not None:
        return read_json_file(file, _HOW)
    from containment.machine import live_systems
    from containment.machine.deployed_state import read_deployment_document

    try:
        document = read_deployment_document(stack, live_systems.find_running_lab(), folder)
    except ContainmentError as error:
        return Collected(None, " ".join(str(error).split()))
    return JsonFile(document, Source(file=f"state of {stack}", digest=digest_bytes(json.dumps(document, sort_keys=True).encode())))


def list_resources(document: Any) -> list[Mapping[str, Any]]:
    """Return the entries of a state's resources, empty for a document of another form."""
    holder = document.get("deployment") if isinstance(document, dict) else None
    if holder is None and isinstance(document, dict):
        checkpoint = document.get("checkpoint")
        holder = checkpoint.get("latest") if isinstance(checkpoint, dict) else document
    resources = holder.get("resources") if isinstance(holder, dict) else None
    return [one for one in resources if isinstance(one, dict)] if isinstance(resources, list) else []


def find_simulation_signs(document: Any) -> list[str]:
    """Return every sign that a state was deployed to simulators: addresses of this machine, and the example account."""
    found = dict.fromkeys(_find_provider_signs(document))
    accounts = set(_ACCOUNT.findall(json.dumps(document)))
    if EXAMPLE_ACCOUNT in accounts:
        found[f"resources are in the account {EXAMPLE_ACCOUNT}, which AWS reserves for examples"] = None
    return list(found)


def _find_provider_signs(document: Any) -> Iterator[str]:
    for resource in list_resources(document):
        if str(resource.get("type", "")).startswith("pulumi:providers:"):
            name = str(resource["type"]).rpartition(":")[2]
            for side in ("inputs", "outputs"):
                for key, text in _iterate_texts(resource.get(side) or {}):
                    if is_local(text):
                        yield f"the provider {name} has {key} {text}, an address of the machine itself"


def is_local(text: str) -> bool:
    """Return whether a text is an address or URL of the machine itself."""
    found = _HOST.fullmatch(text.strip())
    host = (found["six"] or found["four"]) if found else ""
    if host.lower().rstrip(".").rpartition(".")[2] == "localhost":
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def _iterate_texts(value: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """Yield the texts inside a value with their keys; a text that is JSON is read as such."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _iterate_texts(inner, f"{key}.{name}" if key else str(name))
    elif isinstance(value, list):
        for inner in value:
            yield from _iterate_texts(inner, key)
    elif isinstance(value, str):
        if value[:1] in "[{":
            try:
                parsed = json.loads(value)
            except ValueError:
                parsed = None
            if parsed is not None:
                yield from _iterate_texts(parsed, key)
                return
        yield key, value
