"""What a bundle is made from: the stack, the files that were named with the digests of their bytes, and the deployed state.

The state is the document of a file, of this folder's lab or of the Pulumi CLI; signs of a simulation in it are looked for.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final

from containment.analysis.subject import Subject
from containment.attestation.keys import TrustedKey, load_trusted_keys
from containment.config.spec import ContainmentSpec
from containment.errors import ContainmentError, InputError, Problem
from containment.evidence.model import Collected, Source
from containment.files import input_files
from containment.loaders.approvers import Approvers, load_approvers
from containment.loaders.stack_file import read_stack
from containment.policy.builder import build_ruleset
from containment.policy.rules import RuleSet
from containment.queries.subject.subjects import build_subject
from containment.record.anchor import read_anchors
from containment.record.chain import Head
from containment.record.digests import digest_bytes


@dataclass(frozen=True, slots=True)
class JsonFile:
    """A JSON file: its document, and its name with the digest of its bytes."""

    document: Any
    source: Source


def read_json_file(path: Path, how: str) -> JsonFile:
    """Return a JSON file; raise InputError, with `how` as the fix, if it cannot be read."""
    with input_files.explain_errors("evidence cannot be collected", "nothing can be shown by it", how):
        raw = input_files.read_bytes(path)
        return JsonFile(input_files.parse_json(path, raw), Source(file=path.name, digest=digest_bytes(raw)))


_HOW_STATE: Final = "give a file that `pulumi stack export` or `containment lab export` wrote"
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
        return read_json_file(file, _HOW_STATE)
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


REPORT: Final = "containment-report/v1"
VERIFY: Final = "containment-verify/v1"
_HOW_RESULTS: Final = "write it with containment lab report or containment lab verify --json"


@dataclass(frozen=True)
class Inputs:
    """Everything that the collectors read.

    Attributes:
        stack: the stack.
        folder: the folder of the stack files, of approvers.yaml, of agents/ and of decisions/.
        overrides: configuration of the stack, by key.
        state: the file of a deployed state; None reads the running lab, else Pulumi.
        results: JSON files of `lab report` and `lab verify`.
        observed: the JSON file of `containment observe`.
        discovered: the JSON file of `containment discover`.
        attestations: the folder of signed attestations of this stack.
        bundle_statuses: JSON files of `containment-bundle-update --status`, one per host.
        anchor: where heads of the record are kept, as `containment audit verify --anchor` reads them.
        made: the time of the bundle (aware, UTC).
        describe_plan: returns the rule table of a spec, its rules and their broken invariants (`containment-plan/v1`).
    """

    stack: str
    folder: Path
    made: datetime
    describe_plan: Callable[[ContainmentSpec, RuleSet, list[str]], dict[str, Any]]
    overrides: Mapping[str, str] = field(default_factory=dict)
    state: Path | None = None
    results: tuple[Path, ...] = ()
    observed: Path | None = None
    discovered: Path | None = None
    attestations: Path | None = None
    bundle_statuses: tuple[Path, ...] = ()
    anchor: str | None = None

    @cached_property
    def spec(self) -> ContainmentSpec:
        """The stack's spec; raises InputError."""
        return read_stack(self.stack, self.overrides, self.folder)

    @cached_property
    def ruleset(self) -> RuleSet:
        """The stack's rules as its files define them."""
        return build_ruleset(self.spec)

    @cached_property
    def subject(self) -> Subject:
        """The stack's policy as the analysis reads it."""
        return build_subject(self.spec)

    @cached_property
    def approvers(self) -> Approvers:
        """The persons of approvers.yaml; raises InputError."""
        return load_approvers(self.folder)

    @cached_property
    def trusted(self) -> Mapping[str, TrustedKey]:
        """The public keys that sign attestations, by key id; raises InputError."""
        return load_trusted_keys(self.approvers, self.folder)

    @cached_property
    def anchors(self) -> Mapping[str, Head]:
        """The heads of the record that are kept elsewhere; raises InputError."""
        return read_anchors(self.anchor) if self.anchor is not None else {}

    @cached_property
    def deployed(self) -> JsonFile | Collected:
        """The deployed state, or why there is none."""
        return read_deployed(self.stack, self.state, self.folder)

    @cached_property
    def test_results(self) -> tuple[JsonFile, ...]:
        """The documents of `results`, which are all about this stack; raises InputError."""
        found = tuple(read_json_file(path, _HOW_RESULTS) for path in self.results)
        problems = [problem for one in found if (problem := self._find_foreign(one))]
        if problems:
            raise InputError("the results cannot be used", problems)
        return found

    def find_result(self, *schemas: str) -> JsonFile | None:
        """Return the first result with one of these schemas, in the order of the schemas; None if there is none."""
        by_schema = {one.document["schema"]: one for one in reversed(self.test_results)}
        return next((by_schema[schema] for schema in schemas if schema in by_schema), None)

    def _find_foreign(self, one: JsonFile) -> Problem | None:
        document, where = one.document, one.source.file
        if not isinstance(document, dict) or document.get("schema") not in (REPORT, VERIFY):
            schema = document.get("schema") if isinstance(document, dict) else None
            return Problem(where, f"has the schema {schema!r}, not {REPORT} or {VERIFY}", "it is no result of tests", _HOW_RESULTS)
        if document.get("stack") != self.stack:
            what = f"is about the stack {document.get('stack')!r}, not {self.stack!r}"
            return Problem(where, what, "tests of another stack show nothing of this one", f"name a file of {self.stack}")
        if document.get("simulated", True) is not True:
            what = f"has simulated: {document['simulated']!r}, and only the lab writes this schema"
            return Problem(where, what, "results of the lab would pass as live ones", "name the file as the lab wrote it")
        return None
