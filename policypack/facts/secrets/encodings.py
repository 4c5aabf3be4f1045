"""Text encodings of bytes: base64, base32, base85, hexadecimal, octal and decimal numbers, escapes, percent, quoted-printable.

`payloads` are the bytes that runs in a text may encode; `rewritings` are the lines of a text with escapes replaced. Both may guess,
because a run that encodes nothing yields nothing. Sources: RFC 4648 (base16, base32, base64), RFC 2045 (MIME,
quoted-printable), RFC 3986 (percent), Python's base64 module (ascii85, base85), POSIX printf (escapes).
"""

from __future__ import annotations

import base64
import binascii
import codecs
import quopri
import re
import zlib
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Final
from urllib.parse import unquote

_SHORTEST: Final = 16
_BASE64: Final = re.compile(r"[A-Za-z0-9+/_-]{16,}={0,2}")
_LONG_BASE64: Final = re.compile(r"[A-Za-z0-9+/]{200,}={0,2}")
_OTHER_ALPHABET: Final = re.compile(r"[0-9A-Fa-f]+|[A-Z2-7]+=*")
_PACKED: Final = re.compile(r"H4sI[A-Za-z0-9+/]{60,}={0,2}")
_BASE64_LINE: Final = re.compile(r"[A-Za-z0-9+/_-]+={0,2}")
_BASE32: Final = re.compile(r"(?<![A-Za-z0-9])[A-Z2-7]{16,}={0,6}(?![A-Za-z0-9])")
_HEX: Final = re.compile(r"(?<![A-Za-z0-9])(?:0x)?((?:[0-9A-Fa-f]{2}){8,})(?![A-Za-z0-9])")
_HEX_LINE: Final = re.compile(r"(?:[0-9A-Fa-f]{2})+")
_HEX_SPACED: Final = re.compile(r"(?<![A-Za-z0-9])(?:(?:0x)?[0-9A-Fa-f]{2}(?:,\s{0,4}|[ :])){7,}(?:0x)?[0-9A-Fa-f]{2}(?![A-Za-z0-9])")
_HEX_DUMP: Final = re.compile(
    r"(?m)^[ \t]*[0-9A-Fa-f]{4,8}:?[ \t]+((?:[0-9A-Fa-f]{2}){1,2}(?:[ ]{1,2}(?:[0-9A-Fa-f]{2}){1,2})*)(?=[ ]{2}|[ ]*$)"
)
_DECIMALS: Final = re.compile(r"(?<![\w.])(?:\d{1,3}(?:,\s{0,4}|[ ])){11,}\d{1,3}(?![\w.])")
_ASCII85: Final = re.compile(r"<~([!-uz\s]{10,})~>")
_BASE85: Final = re.compile(r"[0-9A-Za-z!#$%&()*+;<=>?@^_`{|}~-]{20,}")
_UUENCODED: Final = re.compile(r"(?m)^begin [0-7]{3,4} \S+\r?\n((?:[ -`]+\r?\n)+)`?\r?\n?end")
_NO_HEX: Final = re.compile(r"[^0-9A-Fa-f]|0x")

_ESCAPE: Final = re.compile(
    r"\\+x\{?([0-9A-Fa-f]{2})\}?|\\+u\{?0{0,4}([0-9A-Fa-f]{2,4})\}?|\\+([0-3][0-7]{2})(?!\d)|\\+0([0-3][0-7]{2})|&#x([0-9A-Fa-f]{2,4});|&#(\d{2,3});"
)
_REVERSED: Final = re.compile(r"\brev(?:erse)?\b")
_PERCENT: Final = re.compile(r"%[0-9A-Fa-f]{2}")
_JOINED: Final = re.compile(r"(?<=[\w-])(?:\"\"|''|\\\r?\n|[\"']\s{0,4}\+\s{0,4}[\"']|[\"']\s{0,4}\.\s{0,4}[\"'])(?=[\w-])")


def decode_payloads(text: str) -> Iterator[bytes]:
    """Yield the bytes that parts of a text may encode."""
    for run in _BASE64.findall(text):
        yield from _decode_base64(run)
    text = _LONG_BASE64.sub(_drop_long_run, text)
    for block in _find_blocks(text, _BASE64_LINE):
        yield from _decode_base64(block)
    for block in (*_HEX.findall(text), *_find_blocks(text, _HEX_LINE)):
        yield from _try_decoding(bytes.fromhex, block[: len(block) // 2 * 2])
    for run in _HEX_SPACED.findall(text):
        yield from _try_decoding(bytes.fromhex, _NO_HEX.sub("", run.replace("0x", " ")))
    dump = "".join(_HEX_DUMP.findall(text))
    if dump:
        yield from _try_decoding(bytes.fromhex, dump)
    for run in _BASE32.findall(text):
        yield from _try_decoding(base64.b32decode, run.rstrip("=") + "=" * (-len(run.rstrip("=")) % 8))
    for run in _DECIMALS.findall(text):
        yield from _decode_decimals(run)
    yield from _decode_rarer(text)


def _drop_long_run(match: re.Match[str]) -> str:
    """Return a space for a long run that only base64 has, so that it is not searched for other encodings."""
    return match[0] if _OTHER_ALPHABET.fullmatch(match[0]) else " "


def drop_packed(text: str) -> str:
    """Return a text without its compressed files in base64, which are separate layers and match many forms by chance."""
    return _PACKED.sub(lambda match: "[packed]" if _is_gzip(match[0]) else match[0], text) if "H4sI" in text else text


@lru_cache(maxsize=128)
def _is_gzip(run: str) -> bool:
    """Return whether a run of base64 is one whole gzip file, which `packing` reads."""
    for raw in _try_decoding(lambda value: base64.b64decode(value, validate=True), run):
        stream = zlib.decompressobj(wbits=31)
        try:
            stream.decompress(raw, 1 << 20)
        except zlib.error:
            return False
        return stream.eof and not stream.unused_data
    return False


def _decode_rarer(text: str) -> Iterator[bytes]:
    """Yield the bytes of rarer encodings, tried only if the text names their tool or has their frame."""
    for run in _ASCII85.findall(text):
        yield from _try_decoding(base64.a85decode, run)
    named = text.lower()
    if "85" in named and ("b85" in named or "a85" in named or "base85" in named or "ascii85" in named):
        for run in _BASE85.findall(text):
            yield from _try_decoding(base64.b85decode, run)
            yield from _try_decoding(base64.a85decode, run)
    if "begin " in text:
        for body in _UUENCODED.findall(text):
            yield from _try_decoding(_decode_uuencoded, body)


def rewrite_text(text: str) -> Iterator[str]:
    """Yield the lines of a text that have escapes, with these replaced, and other simple rewritings that shells undo."""
    if "\\" in text or "&#" in text:
        yield from _rewrite_lines(text, _ESCAPE, lambda line: _ESCAPE.sub(_unescape, line))
    if "%" in text:
        yield from _rewrite_lines(text, _PERCENT, unquote)
    if _JOINED.search(text):
        yield _JOINED.sub("", text)
    lowered = text.lower()
    if "quoted-printable" in lowered:
        yield quopri.decodestring(text.encode()).decode("utf-8", "replace")
    if "rot13" in lowered or "n-za-m" in lowered:
        yield codecs.encode(text, "rot13")
    if "[::-1]" in lowered or _REVERSED.search(lowered):
        yield "\n".join(line[::-1] for line in text.splitlines())


def _rewrite_lines(text: str, form: re.Pattern[str], rewrite: Callable[[str], str]) -> Iterator[str]:
    found = [rewrite(line) for line in text.splitlines() if form.search(line)]
    if found:
        yield "\n".join(found)


def _unescape(match: re.Match[str]) -> str:
    hexadecimal, unicode, octal, zero_octal, entity, decimal = match.groups()
    code = (
        int(hexadecimal or unicode or entity, 16)
        if hexadecimal or unicode or entity
        else int(octal or zero_octal, 8)
        if octal or zero_octal
        else int(decimal)
    )
    return chr(code)


def _find_blocks(text: str, form: re.Pattern[str]) -> Iterator[str]:
    """Yield consecutive encoded lines, joined: all of them, and without the first, the last, or both."""
    block: list[str] = []
    for line in [*text.splitlines(), ""]:
        bare = line.strip(" \t\r\"'\\,;+")
        if bare and form.fullmatch(bare):
            block.append(bare)
            continue
        if len(block) > 1 and sum(map(len, block)) >= _SHORTEST:
            yield from ("".join(part) for part in (block, block[:-1], block[1:], block[1:-1]) if part)
        block = []


def _decode_base64(run: str) -> Iterator[bytes]:
    """Yield the bytes of a run of base64, in the alphabet of URLs as well."""
    bare = run.rstrip("=").replace("-", "+").replace("_", "/")
    yield from _try_decoding(lambda value: base64.b64decode(value, validate=True), bare + "=" * (-len(bare) % 4))
    if run[:1] in "-_+/" and len(bare) > _SHORTEST:  # the characters before the run, such as a path or an option
        yield from _decode_base64(run.lstrip("-_+/"))
    elif "/" in run or "-" in run or "_" in run:
        for part in re.split(r"[/_-]", run):
            if len(part) >= _SHORTEST:
                yield from _try_decoding(
                    lambda value: base64.b64decode(value, validate=True), part.rstrip("=") + "=" * (-len(part.rstrip("=")) % 4)
                )


def _decode_decimals(run: str) -> Iterator[bytes]:
    numbers = [int(one) for one in re.findall(r"\d+", run)]
    if all(number < 256 for number in numbers):
        yield bytes(numbers)


def _decode_uuencoded(body: str) -> bytes:
    return b"".join(binascii.a2b_uu(line) for line in body.splitlines() if line.strip("`"))


def _try_decoding(decode: Callable[[str], bytes], value: str) -> Iterator[bytes]:
    """Yield the decoder's result; nothing if the text is not in its encoding, or the result is too short."""
    try:
        raw = decode(value)
    except (ValueError, binascii.Error):
        return
    if len(raw) >= _SHORTEST // 2:
        yield raw
