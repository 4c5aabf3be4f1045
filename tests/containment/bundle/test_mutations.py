"""No mutated bundle is accepted: 2,000 of them, each with other bytes than the good one, `BUNDLES=100000` for the full count."""

from __future__ import annotations

import base64
import os
import random
from collections import Counter
from typing import Any

import pytest

from containment.bundle.document import parse_signed
from containment.bundle.files import BundleFiles
from containment.bundle.index import LAUNCHER_FILE
from containment.bundle.manifest import FILE, Manifest
from containment.bundle.refusal import BundleCode, BundleRefusal
from containment.bundle.trust import TrustRoot
from containment.bundle.verify import HighWaterMark, verify_bundle
from tests.containment.bundle.desk import NOW, STACK, Desk

BUNDLES = int(os.environ.get("BUNDLES", "2000"))
SPLICES = [
    b"\x00",
    b"\xff\xfe",
    b'"',
    b"{",
    b"}",
    b"[" * 3000,
    b"\\ud800",
    b"9" * 40,
    b"-1",
    b"0x7",
    b"null",
    b",",
    b"\t",
    b"&a ",
    b"*a",
    b"!!str ",
]
SPLICES += [
    b"---\n",
    b"...\n",
    b"\r\n",
    b"# x\n",
    b"<<: {}\n",
    b"\n",
    b" ",
    b"=",
    b"policy_revision: 8\n",
    b"metadata: {}\n",
    b"x" * 300,
    "é\u2028".encode(),
]


def mutate_bytes(data: bytes, chance: random.Random) -> bytes:
    """Return bytes with one to three changes: a bit flipped, bytes cut, repeated, moved, replaced or spliced in."""
    for _ in range(chance.randint(1, 3)):
        start = chance.randint(0, len(data))
        end = min(len(data), start + chance.choice((0, 1, 1, 3, 20, 70)))
        if chance.random() < 0.3 and start < len(data):
            data = data[:start] + bytes([data[start] ^ (1 << chance.randrange(8))]) + data[start + 1 :]
            continue
        piece = chance.choice(
            (b"", chance.choice(SPLICES), bytes([chance.randrange(256)]), data[start:end] * 2, data[start:end].swapcase())
        )
        data = data[:start] + piece + data[end:]
    return data


def mutate_signature(text: bytes, chance: random.Random) -> bytes:
    """Return bundle.yaml with one bit of the signature or the key id changed, in the canonical form."""
    payload, rest = text.split(b"---\n")
    if chance.random() < 0.3:
        keyid = rest.split(b'keyid: "')[1][:64]
        place = chance.randrange(64)
        return text.replace(keyid, keyid[:place] + chance.choice(b"0123456789abcdef").to_bytes() + keyid[place + 1 :])
    old = rest.split(b'sig: "')[1].split(b'"')[0]
    raw = bytearray(base64.b64decode(old))
    raw[chance.randrange(len(raw))] ^= 1 << chance.randrange(8)
    return payload + b"---\n" + rest.replace(old, base64.b64encode(bytes(raw)))


def mutate(files: dict[str, bytes], others: list[dict[str, bytes]], chance: random.Random) -> BundleFiles:
    """Return a bundle with one change: of bundle.yaml, of a member, of the set of files, or with parts of another signed bundle."""
    found, special = dict(files), dict[str, str]()
    way = chance.randrange(9)
    name = chance.choice([*found])
    if way <= 2:
        found[FILE] = mutate_bytes(found[FILE], chance)
    elif way == 3:
        found[FILE] = mutate_signature(found[FILE], chance)
    elif way == 4:
        found[name] = mutate_bytes(found[name], chance)
    elif way == 5:
        del found[name if name != FILE else LAUNCHER_FILE]
    elif way == 6:
        found[chance.choice(("x", "a/b", "../x", f"{name}~", ".hidden"))] = chance.choice((b"", found[name]))
    elif way == 7:
        special[name if name != FILE else "x"] = "a symbolic link"
    else:
        other = chance.choice(others)
        payload, rest = (chance.choice((files, other))[FILE].split(b"---\n")[0], chance.choice((files, other))[FILE].split(b"---\n")[1])
        found[FILE] = payload + b"---\n" + rest
        found[LAUNCHER_FILE] = chance.choice((files, other))[LAUNCHER_FILE]
    return BundleFiles(found, special)


class Mutants:
    """A good bundle, and mutated ones without an end."""

    def __init__(self) -> None:
        """Make the bundles from which mutated ones take parts."""
        self.chance = random.Random(18)
        self.desk, stranger = Desk(), Desk()
        self.good = self.desk.make()
        self.others = [
            dict(stranger.make().contents),
            dict(self.desk.make(revision=3).contents),
            dict(self.desk.make(self.desk.make_members(programs=["/usr/bin/true"]), revision=7).contents),
            dict(self.desk.make(self.desk.make_members(stack="prod"), id="agent-containment/prod", revision=9).contents),
        ]
        self.mark = HighWaterMark(7, parse_signed(self.good.contents[FILE]).manifest.digest)

    def verify(self, files: BundleFiles) -> BundleCode | None:
        """Return the code with which a bundle is refused, None if it is accepted."""
        try:
            verify_bundle(files, self.desk.trust, stack=STACK, now=NOW, mark=self.mark)
        except BundleRefusal as refusal:
            return refusal.code
        return None

    def verify_next(self) -> BundleCode | None:
        """Return the code with which one more mutated bundle is refused, None if it is accepted."""
        while (changed := mutate(dict(self.good.contents), self.others, self.chance)) == self.good:
            continue  # the mutation changed nothing
        return self.verify(changed)


def test_no_mutated_bundle_is_accepted() -> None:
    mutants = Mutants()
    assert mutants.verify(mutants.good) is None, "the control"
    codes = Counter(mutants.verify_next() for _ in range(BUNDLES))
    assert codes[None] == 0
    wanted = {"non-canonical", "bad-signature", "unknown-signer", "altered-member", "missing-member", "extra-member", "special-member"}
    assert wanted | {"lower-revision", "same-revision-other-digest", "other-stack"} <= {code.value for code in codes if code}
    print(f"{BUNDLES} mutated bundles, 0 accepted: {dict(sorted((code.value, count) for code, count in codes.items() if code))}")


def _take_members(manifest: Manifest, files: BundleFiles) -> dict[str, bytes]:
    return {one.path: files.contents[one.path] for one in manifest.members if one.path in files.contents}


@pytest.mark.parametrize(
    ("check", "replacement"),
    [
        (f"{TrustRoot.__module__}.TrustRoot.check_signatures", lambda *_: ()),
        (f"{verify_bundle.__module__}._check_members", _take_members),
        (f"{verify_bundle.__module__}.check_revision", lambda *_: None),
    ],
)
def test_a_verifier_that_leaves_a_check_out_accepts_one(check: str, replacement: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The mutations are of the kinds that each check is for: without it they would be found by the test above."""
    mutants = Mutants()
    monkeypatch.setattr(check, replacement)
    assert any(mutants.verify_next() is None for _ in range(2000))
