"""A folder with a stack, a key and results of tests, in which bundles are made and altered."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from securesystemslib.signer import CryptoSigner

from containment.attestation.keys import load_trusted_keys
from containment.cli.records.evidence import make_plan_describer
from containment.evidence.bundle import Bundle, Statement, make_envelope, parse_bundle, render_document
from containment.evidence.inputs import Inputs
from containment.evidence.make import MadeBundle, judge_parts, make_bundle
from containment.evidence.model import Part, PartName
from containment.evidence.registry import FORMS, build_part
from containment.evidence.verify import BundleProblem, verify_bundle
from containment.loaders.approvers import load_approvers
from containment.loaders.stack_file import read_stack
from containment.policy.builder import build_ruleset
from containment.record.digests import digest_json
from containment.record.envelope import Envelope
from containment_lab.report.document import build_document as build_report
from tests.containment_lab.report.recorded import recorded
from tests.support.child import REPOSITORY
from tests.support.deploy import deploy, stack_config

STACK = "coding-enforce"
NOW = datetime(2026, 11, 28, 13, tzinfo=UTC)
ACCOUNT = "210987654321"
"""An account that is not the one of AWS's examples, which is a sign of a simulator."""
HOST = "i-0123456789abcdef0"


def make_public_pem(key: Ed25519PrivateKey) -> str:
    """Return the public key as PEM."""
    return key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()


def make_private_pem(key: Ed25519PrivateKey) -> bytes:
    """Return the private key as PEM."""
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


def build_state(stack: str = STACK) -> dict[str, Any]:
    """Return the state of a stack as an export has it: what its program registers, without a sign of where."""
    found = deploy(stack, stack_config(stack))
    assert found.error is None, found.error
    resources = []
    for urn, outputs in found.resources.items():
        type_ = urn.split("::")[2].split("$")[-1]
        named = HOST if type_ == "aws:ec2/instance:Instance" else f"{urn.split('::')[-1]}-id"
        custom = ":" in type_ and not type_.startswith(("containment:", "pulumi:pulumi:"))
        inputs = {key: value for key, value in outputs.items() if key not in ("arn", "uuid")}
        entry = {"urn": urn, "type": type_, "custom": custom, "inputs": inputs, "outputs": {**outputs, "id": named}}
        resources.append({**entry, "id": named} if custom else entry)
    text = json.dumps({"version": 3, "deployment": {"resources": resources}})
    log_group = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:"
    state: dict[str, Any] = json.loads(text.replace("arn:aws:mock:::", log_group).replace("123456789012", ACCOUNT))
    return state


def build_result(stack: str = STACK, **changes: Any) -> dict[str, Any]:
    """Return the results of a run of the lab in which every test passed, of the stack's own rules and host."""
    rules = build_ruleset(read_stack(stack, {}, REPOSITORY)).rules
    result = build_report(recorded(failing=False, stack=stack))
    result["rules"] = [{"name": one.name, "permits": one.action.permits, "watched": one.watch} for one in rules]
    result["machines"] = {f"vca-{stack}-agent": {"instance": HOST, "address": "10.43.10.4"}}
    result["tests"] = [
        {**one, "result": "PASS", "probes": [{**each, "result": "PASS"} for each in one["probes"]]} for one in result["tests"]
    ]
    return {**result, **changes}


@dataclass
class Desk:
    """The folder, and the key that signs."""

    folder: Path
    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)

    def __post_init__(self) -> None:
        for name in ("Pulumi.yaml", f"Pulumi.{STACK}.yaml", "Pulumi.coding-monitor.yaml"):
            (self.folder / name).write_text((REPOSITORY / name).read_text())
        (self.folder / "tests").mkdir()
        (self.folder / "tests/scenarios").symlink_to(REPOSITORY / "tests/scenarios")
        (self.folder / "attesters.pem").write_text(make_public_pem(self.key))
        (self.folder / "key.pem").write_bytes(make_private_pem(self.key))

    def write(self, name: str, document: Any) -> Path:
        """Write a JSON file and return its path."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(document))
        return path

    def build_inputs(self, **changes: Any) -> Inputs:
        """Return inputs without a state or results, with changes."""
        values: dict[str, Any] = {
            "stack": STACK,
            "folder": self.folder,
            "made": NOW,
            "describe_plan": make_plan_describer(self.folder, NOW.date()),
        }
        return Inputs(**(values | changes))

    def make(self, **changes: Any) -> MadeBundle:
        """Return a bundle that the folder's key signed."""
        signer = CryptoSigner(self.key)
        owner = load_trusted_keys(load_approvers(self.folder), self.folder)[signer.public_key.keyid].owner
        return make_bundle(judge_parts(self.build_inputs(**changes)), signer, signer_name=owner, version="0")

    def verify(self, text: str, renderings: Mapping[str, str] | None = None) -> tuple[Bundle | None, list[BundleProblem]]:
        """Return the bundle of a text with its problems."""
        return verify_bundle(text, load_trusted_keys(load_approvers(self.folder), self.folder), renderings or {})

    def find_kinds(self, text: str, renderings: Mapping[str, str] | None = None) -> set[str]:
        """Return the kinds of problems of a text."""
        return {one.kind.value for one in self.verify(text, renderings)[1]}

    def sign(self, statement: Statement, key: Ed25519PrivateKey | None = None) -> Envelope:
        """Return a statement that a key signed."""
        return make_envelope(statement).sign(CryptoSigner(key or self.key))


def alter(text: str, change: Callable[[dict[str, Any]], None]) -> str:
    """Return a bundle's text with a change, in the form that bundles have; the signature stays."""
    document = json.loads(text)
    change(document)
    return render_document(document)


def alter_and_sign(desk: Desk, text: str, change: Callable[[dict[str, Any], dict[str, Any]], None]) -> str:
    """Return a bundle's text with a change of the document and the predicate, its digests computed and signed again by the trusted key."""
    document = json.loads(text)
    statement = parse_bundle(text).statement
    predicate = copy.deepcopy(statement.predicate)
    change(document, predicate)
    subjects = [{"name": part["name"], "digest": {"sha256": digest_json(part).removeprefix("sha256:")}} for part in document["parts"]]
    new = Statement.model_validate({**statement.model_dump(by_alias=True), "subject": subjects, "predicate": predicate})
    document["envelope"] = desk.sign(new).to_dict()
    return render_document(document)


def judge(desk: Desk, name: PartName, *also: PartName, **changes: Any) -> Part:
    """Return one part of a bundle, judged with the configuration, the rules and the parts that are named as well."""
    inputs = desk.build_inputs(**changes)
    collected = {one: FORMS[one].collect(inputs) for one in PartName if one in (PartName.CONFIGURATION, PartName.RULES, name, *also)}
    contents = {one: found.content for one, found in collected.items()}
    return build_part(name, contents, collected[name].missing, collected[name].sources)


def get_status(part: Part, claim: str) -> str:
    """Return the status of a claim of a part."""
    return next(one.status.value for one in part.claims if one.id == claim)
