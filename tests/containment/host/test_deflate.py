"""The packer's output is gzip that everybody reads, and the same bytes everywhere."""

from __future__ import annotations

import gzip as real
import hashlib

from hypothesis import given
from hypothesis import strategies as st

from containment.host.deflate import compress

REPETITIVE = st.lists(st.sampled_from([b"agent", b"=", b"\n", b"\xff\xfe", b"a" * 300, b"PROBE 1 model-call"]), max_size=200).map(b"".join)


@given(st.binary(max_size=600) | REPETITIVE)
def test_every_text_comes_back(data: bytes) -> None:
    assert real.decompress(compress(data)) == data


def test_long_repetitions_and_far_ones_come_back() -> None:
    block = bytes(range(256)) * 20
    for data in (b"a" * 20_000, block + b"x" * 40_000 + block, b""):
        assert real.decompress(compress(data)) == data


def test_it_is_worth_it() -> None:
    text = b"".join(b"PROBE %d model-call model.example:443 PASS\n" % number for number in range(100))
    assert len(compress(text)) < len(text) / 5


def test_the_bytes_are_fixed() -> None:
    """Another result for the same text would replace every host at the next deployment."""
    text = b"".join(b"AGENT_STACK=coding-%d\n" % number for number in range(50))
    assert hashlib.sha256(compress(text)).hexdigest() == "35b65031bb3762e2840d3577cc8e49ecb0829784961c2fc220504b07909084ca"
