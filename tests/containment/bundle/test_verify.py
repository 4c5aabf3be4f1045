"""A bundle is accepted only if every check passes, and each planted fault has its code."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from containment.bundle.files import MOST_FILE_BYTES, MOST_FILES, BundleFiles, read_folder
from containment.bundle.index import LAUNCHER_FILE
from containment.bundle.manifest import FILE, Member
from containment.bundle.refusal import BundleCode, BundleRefusal
from containment.bundle.trust import TrustRoot, parse_trust_root
from containment.bundle.verify import HighWaterMark, VerifiedBundle, verify_bundle
from tests.containment.bundle.desk import NOW, STACK, Desk

desk = Desk()
GOOD = desk.make()
OTHER_DIGEST = "sha256:" + "9" * 64


def verify(files: BundleFiles, *, trust: TrustRoot | None = None, mark: HighWaterMark | None = None, days: float = 0) -> VerifiedBundle:
    return verify_bundle(files, trust or desk.trust, stack=STACK, now=NOW + timedelta(days=days), mark=mark)


def refuse(files: BundleFiles, **given: object) -> BundleCode:
    with pytest.raises(BundleRefusal) as caught:
        verify(files, **given)  # type: ignore[arg-type]
    return caught.value.code


def change(**contents: bytes | None) -> BundleFiles:
    merged = {**GOOD.contents, **{path.replace("_", "."): data for path, data in contents.items()}}
    return BundleFiles({path: data for path, data in merged.items() if data is not None})


def resign(edit: Callable[[bytes], bytes]) -> BundleFiles:
    """Return the good bundle with an edited manifest that the trusted key signed."""
    payload = GOOD.contents[FILE].split(b"---\n")[0]
    edited = edit(payload)
    assert edited != payload
    return BundleFiles({**GOOD.contents, FILE: desk.sign(edited)})


def edit_file(old: bytes, new: bytes) -> BundleFiles:
    edited = GOOD.contents[FILE].replace(old, new, 1)
    assert edited != GOOD.contents[FILE]
    return change(bundle_yaml=edited)


def test_a_good_bundle_is_accepted() -> None:
    found = verify(GOOD)
    assert (found.manifest.revision, found.index.stack, found.signers) == (7, STACK, tuple(desk.trust.keys))
    assert verify(GOOD, mark=HighWaterMark(6, OTHER_DIGEST)) == found
    assert verify(GOOD, mark=found.mark) == found, "the active bundle may be installed again"


def test_a_signature_of_an_unknown_key_is_refused() -> None:
    assert refuse(Desk().make()) is BundleCode.UNKNOWN_SIGNER
    assert refuse(GOOD, trust=TrustRoot({})) is BundleCode.UNKNOWN_SIGNER


def test_an_unknown_key_next_to_a_known_one_is_refused() -> None:
    from securesystemslib.signer import CryptoSigner

    from containment.bundle.document import SignedManifest, parse_signed

    signed = parse_signed(GOOD.contents[FILE])
    two = SignedManifest(signed.manifest, signed.envelope.sign(CryptoSigner(Ed25519PrivateKey.generate())))
    assert refuse(change(bundle_yaml=two.encode())) is BundleCode.UNKNOWN_SIGNER


def test_a_bundle_without_a_signature_is_refused() -> None:
    from containment.bundle.document import wrap_manifest

    unsigned = wrap_manifest(desk.make_manifest(desk.make_members()))
    assert refuse(change(bundle_yaml=unsigned.encode())) is BundleCode.UNSIGNED


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"policy_revision: 7", b"policy_revision: 8"),
        (b"2026-12-29", b"2027-12-29"),
        (b"agent-containment/dev", b"agent-containment/prod"),
        (b'sha256: "', b'sha256: "0'),
        (b'description: "a bundle"', b'description: "another"'),
    ],
)
def test_a_changed_manifest_is_refused_for_its_signature_or_form(old: bytes, new: bytes) -> None:
    expected = BundleCode.NON_CANONICAL if old.startswith(b"sha256") else BundleCode.BAD_SIGNATURE
    assert refuse(edit_file(old, new)) is expected


def test_the_signature_of_another_bundle_is_refused() -> None:
    other = desk.make(revision=8).contents[FILE].split(b"---\n")
    assert refuse(change(bundle_yaml=GOOD.contents[FILE].split(b"---\n")[0] + b"---\n" + other[1])) is BundleCode.BAD_SIGNATURE


def test_a_signature_of_another_payload_type_is_none_of_a_bundle() -> None:
    from securesystemslib.signer import CryptoSigner

    from containment.bundle.document import PAYLOAD_TYPE, _encode_signatures
    from containment.record.envelope import DECISION_TYPE, Envelope

    payload = GOOD.contents[FILE].split(b"---\n")[0]
    stolen = Envelope(payload, DECISION_TYPE).sign(CryptoSigner(desk.key))
    forged = _encode_signatures(Envelope(payload, PAYLOAD_TYPE, stolen.signatures))
    assert refuse(change(bundle_yaml=payload + b"---\n" + forged)) is BundleCode.BAD_SIGNATURE


def test_a_member_that_was_altered_is_missing_or_extra_is_refused() -> None:
    altered = GOOD.contents[LAUNCHER_FILE].replace(b'"deny"', b'"permit"')
    assert refuse(BundleFiles({**GOOD.contents, LAUNCHER_FILE: altered})) is BundleCode.ALTERED_MEMBER
    assert refuse(BundleFiles({path: data for path, data in GOOD.contents.items() if path != LAUNCHER_FILE})) is BundleCode.MISSING_MEMBER
    assert refuse(BundleFiles({**GOOD.contents, "more.json": b"{}"})) is BundleCode.EXTRA_MEMBER


def test_the_window_has_its_first_second_and_not_its_last() -> None:
    assert verify(GOOD, days=-1)
    assert refuse(GOOD, days=-1.00001) is BundleCode.NOT_YET_VALID
    assert verify(GOOD, days=29.9999)
    assert refuse(GOOD, days=30) is BundleCode.EXPIRED


def test_a_window_that_ends_before_it_begins_is_never_open() -> None:
    files = desk.make(not_before=NOW + timedelta(days=1), expires_at=NOW - timedelta(days=1))
    assert {refuse(files, days=days) for days in (-3, 0, 3)} == {BundleCode.NOT_YET_VALID, BundleCode.EXPIRED}


def test_a_lower_revision_and_another_bundle_of_one_revision_are_refused() -> None:
    assert refuse(GOOD, mark=HighWaterMark(8, OTHER_DIGEST)) is BundleCode.LOWER_REVISION
    assert refuse(GOOD, mark=HighWaterMark(7, OTHER_DIGEST)) is BundleCode.OTHER_DIGEST
    assert refuse(desk.make(description="changed"), mark=verify(GOOD).mark) is BundleCode.OTHER_DIGEST


def test_a_bundle_of_another_stack_is_refused() -> None:
    assert refuse(desk.make(desk.make_members(stack="prod"), id="agent-containment/prod")) is BundleCode.OTHER_STACK
    assert refuse(desk.make(id="somebody-else/dev")) is BundleCode.OTHER_STACK


def test_a_bundle_for_another_harness_is_refused_where_one_is_wanted() -> None:
    assert verify_bundle(GOOD, desk.trust, stack=STACK, now=NOW, mark=None, harness="openclaw")
    with pytest.raises(BundleRefusal) as caught:
        verify_bundle(GOOD, desk.trust, stack=STACK, now=NOW, mark=None, harness="hermes")
    assert caught.value.code is BundleCode.OTHER_STACK


@pytest.mark.parametrize("path", ["../x", "/etc/passwd", "a/../../x", "./x", "a//b", "a b", "a\\b", "bundle.yaml", "é", "a/"])
def test_a_path_that_escapes_is_refused(path: str) -> None:
    members = desk.make_members()
    digest = desk.make_manifest(members).members[0].sha256
    manifest = desk.make_manifest(members)
    files = desk.make(members, members=(*manifest.members, Member(path, digest)))
    assert (
        refuse(BundleFiles({**files.contents, path: members["index.json"]} if path != FILE else files.contents)) is BundleCode.PATH_ESCAPES
    )


EDITS: dict[str, Callable[[bytes], bytes]] = {
    "key twice": lambda text: text + b"policy_revision: 9\n",
    "key twice, quoted": lambda text: text.replace(b"kind:", b'"kind": "PolicyBundle"\nkind:'),
    "member key twice": lambda text: text.replace(b"    sha256:", b'    path: "x"\n    sha256:', 1),
    "anchor": lambda text: text.replace(b'id: "', b'id: &a "'),
    "anchor and alias": lambda text: text.replace(b'id: "', b'id: &a "').replace(b'description: "a bundle"', b"description: *a"),
    "merge key": lambda text: text.replace(b"metadata: {}", b"metadata: {}\n<<: {}"),
    "tag": lambda text: text.replace(b"policy_revision: 7", b"policy_revision: !!int 7"),
    "private tag": lambda text: text.replace(b"metadata: {}", b"metadata: !python/object:os.system {}"),
    "unknown field": lambda text: text + b'runtime_compatibility: "any"\n',
    "unknown member field": lambda text: text.replace(b"    sha256:", b"    mode: 7\n    sha256:", 1),
    "missing field": lambda text: text.replace(b'description: "a bundle"\n', b""),
    "other order": lambda text: b"kind: " + text.split(b"\nkind: ")[1].replace(b"metadata", text.split(b"\n")[0] + b"\nmetadata", 1),
    "comment": lambda text: text + b"# a comment\n",
    "blank line": lambda text: text + b"\n",
    "leading space": lambda text: b" " + text,
    "trailing space": lambda text: text.replace(b"manifest:", b"manifest: "),
    "single quotes": lambda text: text.replace(b'"PolicyBundle"', b"'PolicyBundle'"),
    "no quotes": lambda text: text.replace(b'"PolicyBundle"', b"PolicyBundle"),
    "escape": lambda text: text.replace(b'"PolicyBundle"', b'"\\x50olicyBundle"'),
    "flow style": lambda text: text.replace(b"metadata: {}", b"metadata: { }"),
    "revision in hexadecimal": lambda text: text.replace(b"policy_revision: 7", b"policy_revision: 0x7"),
    "revision with a sign": lambda text: text.replace(b"policy_revision: 7", b"policy_revision: +7"),
    "revision 0": lambda text: text.replace(b"policy_revision: 7", b"policy_revision: 0"),
    "revision below 0": lambda text: text.replace(b"policy_revision: 7", b"policy_revision: -1"),
    "revision over 64 bits": lambda text: text.replace(b"policy_revision: 7", b"policy_revision: 18446744073709551616"),
    "revision true": lambda text: text.replace(b"policy_revision: 7", b"policy_revision: true"),
    "revision as text": lambda text: text.replace(b"policy_revision: 7", b'policy_revision: "7"'),
    "revision 7.0": lambda text: text.replace(b"policy_revision: 7", b"policy_revision: 7.0"),
    "time without quotes": lambda text: text.replace(b'"2026-12-29T12:00:00Z"', b"2026-12-29T12:00:00Z"),
    "time with an offset": lambda text: text.replace(b'12-29T12:00:00Z"', b'12-29T12:00:00+00:00"'),
    "time with a short month": lambda text: text.replace(b'"2026-11-28T', b'"2026-011-28T'),
    "digest in capitals": lambda text: text.replace(text.split(b'sha256: "')[1][:64], text.split(b'sha256: "')[1][:64].upper()),
    "member twice": lambda text: text + b"".join(line + b"\n" for line in text.split(b"\n")[9:11]),
    "UTF-16": lambda text: text.decode().encode("utf-16"),
    "UTF-8 with a mark": lambda text: b"\xef\xbb\xbf" + text,
    "latin-1": lambda text: text.replace(b"a bundle", b"a b\xfcndle"),
    "carriage returns": lambda text: text.replace(b"\n", b"\r\n"),
    "null byte": lambda text: text.replace(b"a bundle", b"a\0bundle"),
    "directive": lambda text: b"%YAML 1.2\n--- \n" + text,
    "another API version": lambda text: text.replace(b"v1alpha1", b"v1alpha2"),
    "another kind": lambda text: text.replace(b"PolicyBundle", b"PolicyRule"),
    "metadata": lambda text: text.replace(b"metadata: {}", b'metadata: {"a": "b"}'),
    "no member": lambda text: text.split(b"manifest:")[0] + b"manifest: []\n",
}


@pytest.mark.parametrize("name", EDITS)
def test_a_manifest_in_another_form_is_refused_even_when_signed(name: str) -> None:
    assert refuse(resign(EDITS[name])) is BundleCode.NON_CANONICAL


def test_a_file_with_more_or_fewer_documents_is_refused() -> None:
    text = GOOD.contents[FILE]
    for changed in (text + b"---\n" + text, text.split(b"---\n")[0], b"", b"---\n", text + b"...\n", b"---\n" + text):
        assert refuse(change(bundle_yaml=changed)) is BundleCode.NON_CANONICAL


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"signatures:\n", b"signatures:\n\n"),
        (b"payloadType", b"PayloadType"),
        (b'=="', b'="'),
        (b'sig: "', b'sig: " '),
        (b"  - keyid", b"  -  keyid"),
    ],
)
def test_a_signature_document_in_another_form_is_refused(old: bytes, new: bytes) -> None:
    assert refuse(edit_file(old, new)) is BundleCode.NON_CANONICAL


def test_a_signature_that_is_repeated_is_refused() -> None:
    text = GOOD.contents[FILE]
    assert refuse(change(bundle_yaml=text + text.split(b"signatures:\n")[1])) is BundleCode.NON_CANONICAL


def test_members_of_different_stacks_are_refused_although_signed() -> None:
    mixed = {**desk.make_members(), LAUNCHER_FILE: desk.make_members(stack="prod")[LAUNCHER_FILE]}
    assert refuse(desk.make(mixed)) is BundleCode.UNFIT_MEMBER
    assert refuse(desk.make(desk.make_members(stack="prod"))) is BundleCode.UNFIT_MEMBER
    for name, data in {LAUNCHER_FILE: b"{}", "index.json": b"{}", "notes.txt": b"x", "openshell-policy.yaml": b"egress: all\n"}.items():
        assert refuse(desk.make({**desk.make_members(), name: data})) is BundleCode.UNFIT_MEMBER
    without = {name: data for name, data in desk.make_members().items() if name != LAUNCHER_FILE}
    assert refuse(desk.make(without)) is BundleCode.UNFIT_MEMBER


def test_the_first_of_several_faults_in_the_documented_order_is_named() -> None:
    expired_and_altered = BundleFiles({**GOOD.contents, LAUNCHER_FILE: b"x"})
    assert refuse(expired_and_altered, days=100) is BundleCode.ALTERED_MEMBER
    assert refuse(Desk().make(expires_at=NOW - timedelta(hours=1))) is BundleCode.UNKNOWN_SIGNER
    assert refuse(GOOD, days=100, mark=HighWaterMark(9, OTHER_DIGEST)) is BundleCode.EXPIRED
    bad_signature_and_path = edit_file(b"index.json", b"../dex.json")
    assert refuse(bad_signature_and_path) is BundleCode.BAD_SIGNATURE


def test_files_that_are_no_regular_files_are_refused(tmp_path: Path) -> None:
    for number, kind in enumerate(("link", "pipe", "socket", "folder link", "link to a member")):
        folder = desk.write(tmp_path / str(number), GOOD)
        place = folder / LAUNCHER_FILE
        if kind != "folder link":
            place.unlink()
        if kind == "link":
            (tmp_path / "outside").write_bytes(GOOD.contents[LAUNCHER_FILE])
            place.symlink_to(tmp_path / "outside")
        elif kind == "pipe":
            os.mkfifo(place)
        elif kind == "socket":
            with socket.socket(socket.AF_UNIX) as listener:
                listener.bind(str(place))
        elif kind == "folder link":
            (folder / "more").symlink_to("/etc")
        else:
            place.symlink_to("index.json")
        assert refuse(read_folder(folder)) is BundleCode.SPECIAL_MEMBER, kind


def test_a_manifest_that_is_a_link_is_refused(tmp_path: Path) -> None:
    folder = desk.write(tmp_path / "b", GOOD)
    (folder / FILE).rename(tmp_path / FILE)
    (folder / FILE).symlink_to(tmp_path / FILE)
    with pytest.raises(BundleRefusal) as caught:
        read_folder(folder)
    assert caught.value.code is BundleCode.SPECIAL_MEMBER


def test_a_folder_over_a_limit_is_refused_and_one_below_it_is_read(tmp_path: Path) -> None:
    folder = desk.write(tmp_path / "b", GOOD)
    assert read_folder(folder) == GOOD
    (folder / "big").write_bytes(b"x" * (MOST_FILE_BYTES + 1))
    assert find_folder_code(folder) is BundleCode.TOO_LARGE
    (folder / "big").unlink()
    for number in range(5):
        (folder / f"part{number}").write_bytes(b"x" * MOST_FILE_BYTES)
    assert find_folder_code(folder) is BundleCode.TOO_LARGE
    for number in range(5):
        (folder / f"part{number}").unlink()
    for number in range(MOST_FILES):
        (folder / f"f{number}").touch()
    assert find_folder_code(folder) is BundleCode.TOO_LARGE
    assert refuse(change(bundle_yaml=GOOD.contents[FILE] + b"#" * (64 << 10))) is BundleCode.TOO_LARGE


def test_a_folder_with_very_many_folders_is_refused_without_reading_them(tmp_path: Path) -> None:
    folder = desk.write(tmp_path / "b", GOOD)
    for number in range(MOST_FILES):
        (folder / f"d{number}").mkdir()
    assert find_folder_code(folder) is BundleCode.TOO_LARGE


def test_a_name_that_a_terminal_would_act_on_is_escaped(tmp_path: Path) -> None:
    folder = desk.write(tmp_path / "b", GOOD)
    (folder / "\x1b[2Jx").write_text("")
    (folder / os.fsdecode(b"\xff")).write_text("")
    with pytest.raises(BundleRefusal) as caught:
        verify(read_folder(folder))
    assert caught.value.code is BundleCode.EXTRA_MEMBER
    assert str(caught.value).replace("\n", "").isprintable()
    str(caught.value).encode()


def test_a_file_that_is_replaced_by_a_pipe_while_it_is_read_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = desk.write(tmp_path / "b", GOOD)
    real = os.open

    def swap(path: str, *given: int, **options: int) -> int:
        if path == LAUNCHER_FILE:
            (folder / path).unlink()
            os.mkfifo(folder / path)
        return real(path, *given, **options)

    monkeypatch.setattr(os, "open", swap)
    assert refuse(read_folder(folder)) is BundleCode.SPECIAL_MEMBER


def test_an_ecdsa_key_signs_as_well() -> None:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from securesystemslib.signer import CryptoSigner

    from containment.bundle.document import SignedManifest, parse_signed
    from containment.bundle.trust import build_trust_root

    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()
    signed = parse_signed(GOOD.contents[FILE])
    both = SignedManifest(signed.manifest, signed.envelope.sign(CryptoSigner(key)))
    trust = TrustRoot({**desk.trust.keys, **build_trust_root([pem]).keys})
    assert len(verify(change(bundle_yaml=both.encode()), trust=trust).signers) == 2


def find_folder_code(folder: Path) -> BundleCode:
    with pytest.raises(BundleRefusal) as caught:
        read_folder(folder)
    return caught.value.code


def test_a_folder_without_a_bundle_is_refused(tmp_path: Path) -> None:
    assert find_folder_code(tmp_path) is BundleCode.SOURCE_UNREADABLE
    assert find_folder_code(tmp_path / "nowhere") is BundleCode.SOURCE_UNREADABLE


@pytest.mark.parametrize("data", [b"", b"x", b"-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----\n", b"\xff"])
def test_a_trust_root_with_anything_but_public_keys_is_refused(data: bytes) -> None:
    with pytest.raises(BundleRefusal) as caught:
        parse_trust_root(data, "trust.pem")
    assert caught.value.code is BundleCode.TRUST_UNUSABLE


def test_a_further_signature_does_not_change_the_digest() -> None:
    second = Desk()
    both = replace(desk.trust, keys={**desk.trust.keys, **second.trust.keys})
    payload = GOOD.contents[FILE].split(b"---\n")[0]
    assert verify(change(bundle_yaml=second.sign(payload)), trust=both).mark == verify(GOOD).mark


def test_every_code_has_its_meaning_and_fix() -> None:
    assert all(code.meaning and code.fix for code in BundleCode)
    assert len({code.meaning for code in BundleCode}) == len(BundleCode)
