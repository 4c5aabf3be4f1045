"""Gzip with the same bytes on every machine.

Changed user data replaces the host, and zlib's many implementations compress differently: a deployment from another laptop must not look
like a change. Hence this small, fixed compressor: LZ77 over a hash of three bytes, and the fixed Huffman codes of deflate (RFC 1951,
3.2.6). It is meant for texts of some kilobytes; every gzip reads the result.
"""

from __future__ import annotations

import functools
import struct
import zlib
from bisect import bisect_right
from collections.abc import Iterator

MIN_MATCH, MAX_MATCH, WINDOW = 3, 258, 32768
_CANDIDATES = 64
"""Number of earlier positions that are searched for a match; more is slower and hardly smaller."""

_LENGTHS = (3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227)
"""The first length of each length symbol from 257 on (RFC 1951, 3.2.5); MAX_MATCH has a separate symbol."""
_DISTANCES = (1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193,
              12289, 16385, 24577)  # fmt: skip


@functools.lru_cache(maxsize=64)
def compress(data: bytes) -> bytes:
    """Return `data` in gzip format, without name or time."""
    trailer = struct.pack("<II", zlib.crc32(data), len(data) % 2**32)
    return b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff" + _deflate(data) + trailer


def _deflate(data: bytes) -> bytes:
    out = _Bits()
    out.put(0b011, 3)  # the last block, fixed codes
    for length, distance in _find_tokens(data):
        if distance:
            _put_match(out, length, distance)
        else:
            _put_symbol(out, length)
    _put_symbol(out, 256)
    return out.get_bytes()


def _find_tokens(data: bytes) -> Iterator[tuple[int, int]]:
    """Yield (byte, 0) for a literal and (length, distance) for a repetition of the bytes `distance` back."""
    seen: dict[bytes, list[int]] = {}
    at = 0
    while at < len(data):
        length, distance = _find_longest(data, at, seen)
        if length:  # a longer match one byte later is worth a literal
            _remember(data, at, seen)
            later = _find_longest(data, at + 1, seen)
            if later[0] > length:
                yield data[at], 0
                at += 1
                length, distance = later
                _remember(data, at, seen)
            yield length, distance
            for each in range(at + 1, at + length):
                _remember(data, each, seen)
            at += length
        else:
            yield data[at], 0
            _remember(data, at, seen)
            at += 1


def _remember(data: bytes, at: int, seen: dict[bytes, list[int]]) -> None:
    seen.setdefault(data[at : at + MIN_MATCH], []).append(at)


def _find_longest(data: bytes, at: int, seen: dict[bytes, list[int]]) -> tuple[int, int]:
    longest, distance = 0, 0
    limit = min(MAX_MATCH, len(data) - at)
    for start in reversed(seen.get(data[at : at + MIN_MATCH], ())[-_CANDIDATES:]) if limit >= MIN_MATCH else ():
        if at - start > WINDOW or longest == limit:
            break
        if data[start + longest] == data[at + longest]:  # otherwise the match is not longer
            length = MIN_MATCH
            while length < limit and data[start + length] == data[at + length]:
                length += 1
            if length > longest:
                longest, distance = length, at - start
    return longest, distance


class _Bits:
    """Bits, least significant first, as deflate packs them."""

    def __init__(self) -> None:
        self._out = bytearray()
        self._held, self._count = 0, 0

    def put(self, value: int, bits: int) -> None:
        self._held |= value << self._count
        self._count += bits
        while self._count >= 8:
            self._out.append(self._held & 255)
            self._held >>= 8
            self._count -= 8

    def put_code(self, code: int, bits: int) -> None:
        """Put a Huffman code, which deflate packs most significant bit first."""
        self.put(_reverse(code, bits), bits)

    def get_bytes(self) -> bytes:
        return bytes(self._out) + (bytes([self._held]) if self._count else b"")


@functools.cache
def _reverse(code: int, bits: int) -> int:
    return int(f"{code:0{bits}b}"[::-1], 2)


def _put_symbol(out: _Bits, symbol: int) -> None:
    if symbol < 144:
        out.put_code(0x30 + symbol, 8)
    elif symbol < 256:
        out.put_code(0x190 + symbol - 144, 9)
    elif symbol < 280:
        out.put_code(symbol - 256, 7)
    else:
        out.put_code(0xC0 + symbol - 280, 8)


def _put_match(out: _Bits, length: int, distance: int) -> None:
    if length == MAX_MATCH:
        _put_symbol(out, 285)
    else:
        index = bisect_right(_LENGTHS, length) - 1
        _put_symbol(out, 257 + index)
        out.put(length - _LENGTHS[index], max(0, index // 4 - 1))
    index = bisect_right(_DISTANCES, distance) - 1
    out.put_code(index, 5)
    out.put(distance - _DISTANCES[index], max(0, index // 2 - 1))
