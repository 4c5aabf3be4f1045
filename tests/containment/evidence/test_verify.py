"""A bundle counts only as it was signed: every change of a part, a status or a file next to it is found, even one that is signed again."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from containment.attestation.keys import TrustedKey
from containment.evidence.bundle import parse_bundle
from containment.evidence.make import MadeBundle
from containment.evidence.model import PartName, UnfitContentError
from containment.evidence.registry import build_part
from containment.evidence.verify import verify_bundle
from containment.record.envelope import parse_public_key
from tests.containment.evidence.desk import Desk, alter, alter_and_sign, make_public_pem


def find(document: dict[str, Any], name: str) -> dict[str, Any]:
    return next(part for part in document["parts"] if part["name"] == name)


def test_a_bundle_and_its_renderings_are_genuine(shared: Desk, made: MadeBundle) -> None:
    bundle, problems = shared.verify(made.text, made.renderings)
    assert problems == []
    assert bundle is not None
    assert [part.name for part in bundle.parts] == [*PartName]


@pytest.mark.parametrize("name", [one.value for one in PartName])
def test_an_altered_part_is_found(shared: Desk, made: MadeBundle, name: str) -> None:
    def change(document: dict[str, Any]) -> None:
        find(document, name)["reason"] += "."

    assert "altered-part" in shared.find_kinds(alter(made.text, change))


@pytest.mark.parametrize("name", [one.value for one in PartName])
def test_a_removed_part_is_found(shared: Desk, made: MadeBundle, name: str) -> None:
    text = alter(made.text, lambda document: document["parts"].remove(find(document, name)))
    assert "missing-part" in shared.find_kinds(text)


@pytest.mark.parametrize("name", [one.value for one in PartName])
def test_a_removed_part_is_found_though_the_rest_is_signed_again(shared: Desk, made: MadeBundle, name: str) -> None:
    def change(document: dict[str, Any], predicate: dict[str, Any]) -> None:
        document["parts"].remove(find(document, name))
        predicate["parts"].pop(name)

    assert "missing-part" in shared.find_kinds(alter_and_sign(shared, made.text, change))


def test_a_part_that_is_there_twice_is_found(shared: Desk, made: MadeBundle) -> None:
    assert "extra-part" in shared.find_kinds(alter(made.text, lambda document: document["parts"].append(document["parts"][0])))


def test_an_altered_digest_breaks_the_signature(shared: Desk, made: MadeBundle) -> None:
    bundle = parse_bundle(made.text)
    other = bundle.statement.model_copy(
        update={"subject": tuple(one.model_copy(update={"digest": {"sha256": "0" * 64}}) for one in bundle.statement.subject)}
    )

    def change(document: dict[str, Any]) -> None:
        document["envelope"]["payload"] = shared.sign(other).to_dict()["payload"]

    assert {"bad-signature", "altered-part"} <= shared.find_kinds(alter(made.text, change))


def test_another_key_is_no_signer(shared: Desk, made: MadeBundle) -> None:
    other = Ed25519PrivateKey.generate()

    def change(document: dict[str, Any]) -> None:
        document["envelope"] = shared.sign(parse_bundle(made.text).statement, other).to_dict()

    text = alter(made.text, change)
    assert shared.find_kinds(text) == {"unknown-signer"}
    pem = make_public_pem(other)
    trusted = {parse_public_key(pem).keyid: TrustedKey("Approver One", pem)}
    assert {one.kind.value for one in verify_bundle(text, trusted, {})[1]} == {"wrong-signer"}, "the statement names the first key"


def test_a_bundle_without_a_signature_is_found(shared: Desk, made: MadeBundle) -> None:
    text = alter(made.text, lambda document: document["envelope"].update(signatures=[]))
    assert shared.find_kinds(text) == {"unsigned"}


def test_a_status_that_does_not_follow_from_the_facts_is_found_though_it_is_signed(shared: Desk, made: MadeBundle) -> None:
    def change(document: dict[str, Any], _: dict[str, Any]) -> None:
        rows = find(document, "six-tests")["content"]["tests"]
        rows[3]["probes"][0]["result"] = "FAIL"

    found = shared.verify(alter_and_sign(shared, made.text, change))[1]
    assert {one.kind.value for one in found} == {"wrong-status"}
    assert any(one.where == "six-tests" and "FAIL follows" in one.what for one in found)


@pytest.mark.parametrize("name", [one.value for one in PartName])
def test_not_tested_cannot_be_signed_as_passed(shared: Desk, bare: MadeBundle, name: str) -> None:
    def change(document: dict[str, Any], predicate: dict[str, Any]) -> None:
        for part in document["parts"]:
            if part["name"] == name:
                part["status"] = predicate["parts"][name]["status"] = "PASS"
        predicate["verdict"] = "PASS"

    assert "wrong-statement" in shared.find_kinds(alter_and_sign(shared, bare.text, change))


def test_a_claim_cannot_be_added(shared: Desk, made: MadeBundle) -> None:
    def change(document: dict[str, Any], _: dict[str, Any]) -> None:
        find(document, "rules")["claims"].append({"id": "more", "statement": "all is well", "status": "PASS", "reason": ""})

    assert "wrong-status" in shared.find_kinds(alter_and_sign(shared, made.text, change))


def test_simulated_results_cannot_be_signed_as_live(shared: Desk, made: MadeBundle) -> None:
    def change(document: dict[str, Any], predicate: dict[str, Any]) -> None:
        predicate["origin"] = "live"
        for part in document["parts"]:
            if part["origin"] in ("simulated", "unknown"):
                part["origin"] = predicate["parts"][part["name"]]["origin"] = "live"

    assert "wrong-status" in shared.find_kinds(alter_and_sign(shared, made.text, change))


def test_another_time_than_the_facts_have_is_found(shared: Desk, made: MadeBundle) -> None:
    def change(_: dict[str, Any], predicate: dict[str, Any]) -> None:
        predicate["made"] = "2027-01-01T00:00:00Z"

    assert "wrong-statement" in shared.find_kinds(alter_and_sign(shared, made.text, change))


@pytest.mark.parametrize("suffix", [".md", ".csv", ".html"])
def test_an_altered_rendering_is_found(shared: Desk, made: MadeBundle, suffix: str) -> None:
    text = made.renderings[suffix].replace("NOT TESTED", "PASS", 1)
    assert text != made.renderings[suffix]
    assert shared.find_kinds(made.text, {**made.renderings, suffix: text}) == {"altered-rendering"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '{"schema": "containment-evidence-bundle/v2"}',
        '{"schema": "containment-evidence-bundle/v1"}',
        '{"schema": "containment-evidence-bundle/v1", "envelope": {}, "parts": []}',
        '{"schema": "containment-evidence-bundle/v1", "schema": "containment-evidence-bundle/v1", "envelope": {}, "parts": []}',
        "[" * 100_000,
    ],
)
def test_another_document_is_no_bundle(shared: Desk, text: str) -> None:
    bundle, problems = shared.verify(text)
    assert bundle is None
    assert [one.kind.value for one in problems] == ["malformed"]


def test_every_part_of_the_text_is_covered(shared: Desk, made: MadeBundle) -> None:
    """Change one byte at many places: white space, keys, facts, digests and the signature."""
    places = range(0, len(made.text), max(1, len(made.text) // 60))
    for place in places:
        byte = "0" if made.text[place] != "0" else "1"
        changed = made.text[:place] + byte + made.text[place + 1 :]
        assert shared.find_kinds(changed), f"byte {place} was changed from {made.text[place]!r} to {byte!r}"


def test_facts_of_another_form_are_a_problem_of_the_bundle(shared: Desk, made: MadeBundle) -> None:
    def change(document: dict[str, Any], _: dict[str, Any]) -> None:
        find(document, "proofs")["content"] = {"cases": 3}

    assert "wrong-status" in shared.find_kinds(alter_and_sign(shared, made.text, change))


@pytest.mark.parametrize("value", [None, [], 3, "text", {"run": 3}, {"run": {"schema": "x"}}, {}, [3], {"a": 3}, -1, 1e300, True])
def test_no_facts_crash_a_judge(made: MadeBundle, value: Any) -> None:
    """Replace each part's facts, and each value in them, by other values: a judge answers or refuses."""
    contents = {part.name: part.content for part in made.bundle.parts}
    changed = [{**contents, name: value} for name in contents if value is None or isinstance(value, dict)]
    changed += [{**contents, name: {**content, key: value}} for name, content in contents.items() for key in content or {}]
    changed += [
        {**contents, name: {**content, key: {**inner, deep: value}}}
        for name, content in contents.items()
        for key, inner in (content or {}).items()
        if isinstance(inner, dict)
        for deep in inner
    ]
    assert len(changed) > 60
    for one in changed:
        for name in contents:
            if isinstance(one[name], dict):
                with contextlib.suppress(UnfitContentError):
                    build_part(name, one, "", ())
