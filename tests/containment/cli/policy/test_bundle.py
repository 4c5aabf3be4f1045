"""`containment bundle`: a stack's bundle is built, signed and verified, and what a host would refuse is exit code 10 with its code."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from typer.testing import CliRunner, Result

from containment.bundle import build as building
from containment.cli.app import build
from containment.exit_code import Exit
from containment.renderings.kinds import RenderingKind
from tests.containment.record.conftest import make_private_pem, make_public_pem
from tests.support.child import REPOSITORY

STACK = "coding-monitor"
WHEN = ("--from", "2026-11-01", "--until", "2027-01-31T12:00:00Z")


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(build(["bundle"]), ["bundle", *map(str, words)])


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a key, its public key, and the signed bundle `b`."""
    folder = tmp_path_factory.mktemp("bundle")
    key = Ed25519PrivateKey.generate()
    (folder / "key.pem").write_bytes(make_private_pem(key))
    (folder / "public.pem").write_text(make_public_pem(key))
    built = run("build", "-s", STACK, "--revision", "7", *WHEN, "--description", "first", "--out", folder / "b", "-C", REPOSITORY)
    assert built.exit_code == Exit.OK, built.output
    assert built.output.startswith(f"BUILT, NOT SIGNED: revision 7 of {STACK}")
    unsigned = run("verify", folder / "b", "--public-key", folder / "public.pem")
    assert (unsigned.exit_code, "REFUSED unsigned" in unsigned.output) == (Exit.NO, True)
    done = run("sign", folder / "b", "--key", folder / "key.pem", "--public-key", folder / "public.pem")
    assert done.exit_code == Exit.OK, done.output
    return folder


def verify(signed: Path, *words: str, folder: str = "b") -> tuple[int, dict[str, Any]]:
    done = run(signed / folder, "--public-key", signed / "public.pem", "--json", *words)
    return done.exit_code, json.loads(done.stdout)


def test_a_signed_bundle_is_verified_as_a_host_does(signed: Path) -> None:
    code, found = verify(signed, "--at", "2026-12-01", "-s", STACK, "--above", "6")
    assert (code, found["code"], found["bundle"]["revision"], found["assumptions"]) == (Exit.OK, None, "7", [])
    assert {one["path"] for one in found["bundle"]["members"]} == {"index.json", "launcher-profile.json", "openshell-policy.yaml"}


@pytest.mark.parametrize(
    ("words", "refusal"),
    [
        (["--at", "2027-01-31T12:00:00Z"], "expired"),
        (["--at", "2026-10-31"], "not-yet-valid"),
        (["--at", "2026-12-01", "-s", "dev"], "other-stack"),
        (["--at", "2026-12-01", "--above", "8"], "lower-revision"),
        (["--at", "2026-12-01", "--above", "7"], "same-revision-other-digest"),
    ],
)
def test_what_a_host_would_refuse_has_its_code(signed: Path, words: Sequence[str], refusal: str) -> None:
    code, found = verify(signed, *words)
    assert (code, found["code"], found["bundle"]) == (Exit.NO, refusal, None)
    assert found["cases"][0]["id"] == refusal


def test_without_a_trusted_key_nothing_is_verified(signed: Path, tmp_path: Path) -> None:
    done = run(signed / "b", "-C", tmp_path, "--json")
    assert (done.exit_code, json.loads(done.stdout)["code"]) == (Exit.NO, "unknown-signer")
    shown = run("show", signed / "b", "-C", tmp_path)
    assert shown.exit_code == Exit.OK
    assert "NOT TESTED" in shown.output, "what was not checked is named"


def test_a_bundle_with_an_altered_member_is_not_signed(signed: Path, tmp_path: Path) -> None:
    shutil.copytree(signed / "b", tmp_path / "b")
    (tmp_path / "b" / "launcher-profile.json").write_text("{}")
    done = run("sign", tmp_path / "b", "--key", signed / "key.pem", "--public-key", signed / "public.pem")
    assert (done.exit_code, "altered-member" in done.output) == (Exit.NO, True)


def test_a_key_that_is_not_reviewed_does_not_sign(signed: Path, tmp_path: Path) -> None:
    (tmp_path / "other.pem").write_bytes(make_private_pem(Ed25519PrivateKey.generate()))
    done = run("sign", signed / "b", "--key", tmp_path / "other.pem", "--public-key", signed / "public.pem")
    assert done.exit_code == Exit.ERROR
    assert "bundle-signers.pem" in done.output


def test_a_rendering_that_is_wider_than_the_class_is_not_built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = building.render

    def widen(kind: RenderingKind, *given: Any) -> str:
        return (
            real(kind, *given).replace('"readWrite": [', '"readWrite": ["/etc", ') if kind is RenderingKind.LAUNCHER else real(kind, *given)
        )

    monkeypatch.setattr(building, "render", widen)
    done = run("build", "-s", STACK, "--revision", "1", *WHEN, "--out", tmp_path / "b", "-C", REPOSITORY)
    assert done.exit_code == Exit.ERROR
    assert "permits more than the class" in done.output
    assert not (tmp_path / "b").exists()


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--revision", "1", "--from", "2999-02-01", "--until", "2999-01-01"], Exit.ERROR),
        (["--revision", "1", "--until", "soon"], Exit.USAGE),
        (["--revision", "0", "--until", "2027-01-01"], Exit.USAGE),
        (["--revision", "18446744073709551616", "--until", "2027-01-01"], Exit.NO),
        (["--revision", "1", "--until", "2027-01-01", "--description", "two\nlines"], Exit.NO),
    ],
)
def test_a_bundle_that_no_host_would_take_is_not_built(tmp_path: Path, words: Sequence[str], code: Exit) -> None:
    done = run("build", "-s", STACK, "--out", tmp_path / "b", "-C", REPOSITORY, *words)
    assert (done.exit_code, (tmp_path / "b").exists()) == (code, False), done.output


def test_a_folder_with_other_files_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    done = run("build", "-s", STACK, "--revision", "1", *WHEN, "--out", tmp_path, "-C", REPOSITORY)
    assert (done.exit_code, [path.name for path in tmp_path.iterdir()]) == (Exit.ERROR, ["notes.txt"])


def test_two_builds_of_one_stack_are_equal(signed: Path, tmp_path: Path) -> None:
    run("build", "-s", STACK, "--revision", "7", *WHEN, "--description", "first", "--out", tmp_path / "b", "-C", REPOSITORY)
    again = json.loads(run("show", tmp_path / "b", "--json").stdout)["bundle"]
    found = json.loads(run("show", signed / "b", "--json").stdout)["bundle"]
    assert {**again, "signedBy": []} == {**found, "signedBy": []}
