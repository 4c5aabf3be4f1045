"""What a bundle is made from: the stack, the files that were named, and the facts that several parts share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from containment.analysis.subject import Subject
from containment.config.spec import ContainmentSpec
from containment.errors import InputError, Problem
from containment.evidence.deployed_state import read_deployed
from containment.evidence.json_file import JsonFile, read_json_file
from containment.evidence.model import Collected
from containment.evidence.trusted_keys import TrustedKey, load_trusted_keys
from containment.loaders.approvers import Approvers, load_approvers
from containment.loaders.stack_file import read_stack
from containment.policy.builder import build_ruleset
from containment.policy.rules import RuleSet
from containment.queries.subject.subjects import build_subject
from containment.record.anchor import read_anchors
from containment.record.chain import Head

REPORT: Final = "containment-report/v1"
VERIFY: Final = "containment-verify/v1"
_HOW: Final = "write it with containment lab report or containment lab verify --json"


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
        found = tuple(read_json_file(path, _HOW) for path in self.results)
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
            return Problem(where, f"has the schema {schema!r}, not {REPORT} or {VERIFY}", "it is no result of tests", _HOW)
        if document.get("stack") != self.stack:
            what = f"is about the stack {document.get('stack')!r}, not {self.stack!r}"
            return Problem(where, what, "tests of another stack show nothing of this one", f"name a file of {self.stack}")
        if document.get("simulated", True) is not True:
            what = f"has simulated: {document['simulated']!r}, and only the lab writes this schema"
            return Problem(where, what, "results of the lab would pass as live ones", "name the file as the lab wrote it")
        return None
