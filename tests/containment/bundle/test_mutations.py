"""No mutated bundle is accepted: 2,000 of them, each with other bytes than the good one, `BUNDLES=100000` for the full count."""

from __future__ import annotations

import base64
import os
import random
from collections import Counter

import pytest

from containment.bundle.document import parse_signed
from containment.bundle.files import BundleFiles
from containment.bundle.index import LAUNCHER_FILE
from containment.bundle.manifest import FILE
from containment.bundle.refusal import BundleCode, BundleRefusal
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


def test_no_mutated_bundle_is_accepted() -> None:
    chance = random.Random(18)
    desk, stranger = Desk(), Desk()
    good = desk.make()
    others = [
        dict(stranger.make().contents),
        dict(desk.make(revision=3).contents),
        dict(desk.make(desk.make_members(programs=["/usr/bin/true"]), revision=7).contents),
        dict(desk.make(desk.make_members(stack="prod"), id="agent-containment/prod", revision=9).contents),
    ]
    mark = HighWaterMark(7, parse_signed(good.contents[FILE]).manifest.digest)
    codes = Counter[BundleCode]()
    assert verify_bundle(good, desk.trust, stack=STACK, now=NOW, mark=mark), "the control"
    while codes.total() < BUNDLES:
        changed = mutate(dict(good.contents), others, chance)
        if changed == good:
            continue  # the mutation changed nothing
        with pytest.raises(BundleRefusal) as caught:
            verify_bundle(changed, desk.trust, stack=STACK, now=NOW, mark=mark)
        codes[caught.value.code] += 1
    wanted = {"non-canonical", "bad-signature", "unknown-signer", "altered-member", "missing-member", "extra-member", "special-member"}
    assert wanted | {"lower-revision", "same-revision-other-digest", "other-stack"} <= {code.value for code in codes}
    print(f"{BUNDLES} mutated bundles, 0 accepted: {dict(sorted((code.value, count) for code, count in codes.items()))}")
