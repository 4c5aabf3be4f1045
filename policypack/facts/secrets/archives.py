"""Convert bytes to texts: unpack compressed data and archives, decode UTF-8 or UTF-16, or report them as unreadable.

Formats are recognized by their first bytes. Bytes in no known format that are not text are ignored: a digest, a key, a picture.
"""

from __future__ import annotations

import bz2
import io
import lzma
import re
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_LONGEST: Final = 1 << 20
"""Maximum size in bytes of one unpacked layer."""
_DEPTH: Final = 4
_PRINTABLE: Final = 0.85
"""The share of printable characters that makes bytes a text; of random bytes it is 0.4."""

_UNREADABLE: Final = {
    b"\x28\xb5\x2f\xfd": "zstd",
    b"\x04\x22\x4d\x18": "lz4",
    b"\xff\x06\x00\x00sNaPpY": "snappy",
    b"7z\xbc\xaf\x27\x1c": "7-Zip",
    b"Rar!\x1a\x07": "RAR",
    b"\x1f\x9d\x90": "compress",
    b"LZIP": "lzip",
    b"\x89LZO": "lzop",
    b"MSCF": "a cabinet",
    b"\x03\xd9\xa2\x9a": "KeePass",
    b"Salted__": "openssl enc, encrypted",
    b"age-encryption.org/v1": "age, encrypted",
    b"LUKS\xba\xbe": "LUKS, encrypted",
}
"""First bytes of formats that Python's standard library does not read."""

_IN_TEXT: Final = {
    "-----BEGIN PGP MESSAGE-----": (re.compile(r"-----BEGIN PGP MESSAGE-----"), "a PGP message, which cannot be read here"),
    "-----BEGIN AGE ENCRYPTED FILE-----": (re.compile(r"-----BEGIN AGE ENCRYPTED"), "a file encrypted with age, which cannot be read here"),
    "$ANSIBLE_VAULT;": (re.compile(r"\$ANSIBLE_VAULT;[\d.]+;"), "an Ansible vault, which cannot be read here"),
    "#include": (
        re.compile(r"(?:^|\n)#include(?:-once)?[ \t]*\r?\n\s*[a-z0-9]+://"),
        "user data that is fetched from an address (#include), which cannot be read here",
    ),
    "text/x-include-url": (
        re.compile(r"(?i)(?:content-type|type)['\"]?\s*:\s*['\"]?text/x-include(?:-once)?-url"),
        "user data that is fetched from an address (#include), which cannot be read here",
    ),
    "jinja": (
        re.compile(r"(?s)(?:^|\n)##[ \t]*template:[ \t]*jinja.*?(?:\{%|\{\{(?!\s*(?:v1|ds)\.[\w.\[\]'\"-]+\s*\}\}))"),
        "a template with more than names of the instance, whose text is made on the host",
    ),
}
"""Marks of text that is encrypted or fetched from elsewhere: a literal that is searched first, then the whole form and the message."""
_ASCII: Final = bytes([*range(0x20, 0x7F), *b"\r\n\t"])
_HIGH: Final = bytes(range(0x80, 0x100))
_EXECUTABLES: Final = (b"\x7fELF", b"MZ", b"!<arch>", b"SQLite format 3", b"\xca\xfe\xba\xbe")
_STRING: Final = re.compile(rb"[\x20-\x7e]{8,}")


@dataclass(frozen=True, slots=True)
class UnreadableLayer:
    """A layer that cannot be read here; `why` is the object of a message's verb."""

    why: str


def find_unreadable(text: str) -> Iterator[str]:
    """Yield, in words, the parts of a text that are marked as encrypted or as fetched from elsewhere."""
    yield from (why for mark, (form, why) in _IN_TEXT.items() if mark in text and form.search(text))


def unpack(raw: bytes, depth: int = _DEPTH) -> Iterator[str | UnreadableLayer]:
    """Yield the texts in some bytes, and their unreadable layers; `depth` limits the nesting."""
    for magic, form in _UNREADABLE.items():
        if raw.startswith(magic) and len(raw) > len(magic) + 4:
            yield UnreadableLayer(f"a layer that cannot be read here ({form})")
            return
    packed = list(_unpack_once(raw))
    if packed and not depth:
        yield UnreadableLayer("more layers than can be read here")
        return
    for inner in packed:
        if isinstance(inner, UnreadableLayer):
            yield inner
        else:
            yield from unpack(inner, depth - 1)
    if not packed:
        yield from _decode_texts(raw)


def _unpack_once(raw: bytes) -> Iterator[bytes | UnreadableLayer]:
    """Yield the contents of compressed bytes or of an archive; nothing for other bytes."""
    if raw[:2] == b"\x1f\x8b" or (len(raw) > 2 and raw[0] & 0x0F == 8 and int.from_bytes(raw[:2]) % 31 == 0):
        yield from _inflate(raw, 47)
    elif raw[:3] == b"BZh":
        yield from _decompress(bz2.BZ2Decompressor(), raw, (OSError,))
    elif raw[:6] == b"\xfd7zXZ\x00" or raw[:3] == b"\x5d\x00\x00":
        yield from _decompress(lzma.LZMADecompressor(), raw, (lzma.LZMAError,))
    elif raw[:4] == b"PK\x03\x04":
        yield from _extract_zip(raw)
    elif raw[257:262] == b"ustar":
        yield from _extract_tar(raw)
    elif not _is_text(raw):
        yield from (found for found in _inflate(raw, -15) if isinstance(found, bytes) and _is_text(found))


def _inflate(raw: bytes, window: int) -> Iterator[bytes | UnreadableLayer]:
    """Yield the data of a gzip, zlib or raw stream (`window`: zlib's wbits), and the bytes after its end."""
    stream = zlib.decompressobj(wbits=window)
    try:
        found = stream.decompress(raw, _LONGEST)
    except zlib.error:
        return
    if found:
        yield found
    if stream.unconsumed_tail:
        yield UnreadableLayer(f"a layer that unpacks to more than {_LONGEST >> 20} MiB")
    elif stream.eof and len(stream.unused_data) > 8:
        yield stream.unused_data


def _decompress(
    stream: bz2.BZ2Decompressor | lzma.LZMADecompressor, raw: bytes, errors: tuple[type[Exception], ...]
) -> Iterator[bytes | UnreadableLayer]:
    try:
        found = stream.decompress(raw, _LONGEST)
    except errors:
        return
    if found:
        yield found
    if not stream.eof and not stream.needs_input:
        yield UnreadableLayer(f"a layer that unpacks to more than {_LONGEST >> 20} MiB")
    elif stream.eof and len(stream.unused_data) > 8:
        yield stream.unused_data


def _extract_zip(raw: bytes) -> Iterator[bytes | UnreadableLayer]:
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            for entry in archive.infolist():
                if entry.flag_bits & 1 or entry.file_size > _LONGEST:
                    yield UnreadableLayer("an archive with an entry that is encrypted or too large to be read here")
                else:
                    yield archive.read(entry)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, zlib.error, EOFError):
        yield UnreadableLayer("a layer that cannot be read here (zip)")


def _extract_tar(raw: bytes) -> Iterator[bytes | UnreadableLayer]:
    try:
        with tarfile.open(fileobj=io.BytesIO(raw), mode="r:") as archive:
            for entry in archive:
                content = archive.extractfile(entry) if entry.isfile() else None
                if content is not None:
                    yield content.read(_LONGEST)
    except (tarfile.TarError, EOFError):
        yield UnreadableLayer("a layer that cannot be read here (tar)")


def _decode_texts(raw: bytes) -> Iterator[str]:
    wide = _detect_utf16(raw)
    if wide:
        yield raw.decode(wide, "replace")
    elif raw.startswith(_EXECUTABLES):
        yield b"\n".join(_STRING.findall(raw)).decode("ascii")
    elif _is_text(raw):
        yield raw.decode("utf-8", "replace")


def _detect_utf16(raw: bytes) -> str:
    """Return the name of the UTF-16 encoding of bytes, "" if too few of every second byte are zero."""
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16"
    for encoding, high, low in (("utf-16-le", raw[1::2], raw[::2]), ("utf-16-be", raw[::2], raw[1::2])):
        if len(raw) >= 16 and high.count(0) >= _PRINTABLE * len(high) and _is_text(low):
            return encoding
    return ""


def _is_text(raw: bytes) -> bool:
    """Return whether bytes are mostly printable: ASCII, or UTF-8 of any script."""
    other = raw.translate(None, _ASCII)
    if len(other) <= (1 - _PRINTABLE) * len(raw):
        return bool(raw)
    if len(other.translate(None, _HIGH)) > (1 - _PRINTABLE) * len(raw):
        return False
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
