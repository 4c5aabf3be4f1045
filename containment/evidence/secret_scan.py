"""Secrets that must not be in a bundle: those that this machine, the stack and the user know, and their search in bytes.

Two searches together find a secret plain, encoded, reversed or compressed: the encodings of each secret in the bytes, and the secret in
everything that the bytes decode or unpack to. A secret is never part of a result; a finding names it by its source.
"""

from __future__ import annotations

import base64
import bz2
import lzma
import os
import re
import zlib
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, quote_plus, unquote_to_bytes

from containment.errors import InputError, Problem
from containment.files import input_files
from containment.loaders import strict_yaml

SHORTEST: Final = 8
"""Characters of the shortest value that is searched for; a shorter one would be found by chance."""
_DEPTH: Final = 5
_BUDGET: Final = 1 << 28
"""Bytes of all layers together."""
_BASE64: Final = re.compile(rb"(?:[A-Za-z0-9+/_-]{4,}(?:\\?[\r\n]|\\n)?)+={0,2}")
_HEX: Final = re.compile(rb"(?:[0-9A-Fa-f]{2}){8,}")
_SPACED_HEX: Final = re.compile(rb"(?:(?:0x)?[0-9A-Fa-f]{2}[ :,-]{1,3}){7,}(?:0x)?[0-9A-Fa-f]{2}")
"""Bytes as `xxd`, fingerprints and lists of numbers write them."""
_HEX_SEPARATORS: Final = re.compile(rb"0x|[ :,-]")
_BASE32: Final = re.compile(rb"(?:[A-Z2-7]{16,}|[a-z2-7]{16,})")
_UNUSED_BASE32: Final = (0, 1, 0, 1, 0, 0, 1, 0)
"""Characters at the end of a run that are no byte, by the rest of its length divided by 8."""
_WIDE: Final = re.compile(rb"(?:[^\0]\0){8,}[^\0]?|(?:\0[^\0]){8,}")
"""UTF-16 of ASCII, in either order of bytes."""
_ESCAPE: Final = re.compile(rb"\\u([0-9A-Fa-f]{4})|\\x([0-9A-Fa-f]{2})|\\(.)", re.DOTALL)
_ENTITY: Final = re.compile(rb"&#(x[0-9A-Fa-f]{1,6}|[0-9]{1,7});|&(amp|lt|gt|quot|apos);")
_ENTITIES: Final = {b"amp": b"&", b"lt": b"<", b"gt": b">", b"quot": b'"', b"apos": b"'"}
_GZIP: Final = b"\x1f\x8b\x08"
_ZLIB: Final = re.compile(rb"\x78[\x01\x5e\x9c\xda]")
_ZIP: Final = b"PK\x03\x04"
_ZIP_HEADER: Final = 30
"""Bytes of the header of a member before its name."""
_BZIP: Final = b"BZh"
_XZ: Final = b"\xfd7zXZ\0"
_SHORTEST_RUN: Final = 16
"""Characters of the shortest run of base64 that is decoded; the encodings of a secret itself are searched for in any case."""
_BREAKS: Final = re.compile(rb"\\?[\r\n]|\\[nr]")


@dataclass(frozen=True, slots=True)
class Secret:
    """A value that must not be written, and where it was found (a file's key or an environment variable)."""

    source: str
    value: bytes

    def __repr__(self) -> str:
        return f"Secret({self.source!r})"


class UnreadableError(ValueError):
    """Bytes with more layers than can be searched."""


def find_secrets(data: bytes, secrets: Iterable[Secret]) -> list[str]:
    """Return the sources of the secrets in some bytes, each once.

    Raises:
        UnreadableError: the bytes unpack to more than can be searched, so that no answer is certain.
    """
    wanted = {one: set(list_encodings(one.value)) for one in secrets if len(one.value) >= SHORTEST}
    found: dict[str, None] = {}
    if not wanted:
        return []
    for layer in iterate_layers(data):
        lowered = layer.lower()
        for one, forms in wanted.items():
            if one.source not in found and any(form in layer or (form.lower() in lowered and _is_hex(form)) for form in forms):
                found[one.source] = None
    return list(found)


def list_encodings(value: bytes) -> Iterator[bytes]:
    """Yield the forms of a value that are searched for as they are: plain, reversed, hex, URL, JSON and base64 at each offset."""
    for plain in {value, value[::-1]}:
        yield plain
        yield plain.hex().encode()
        yield quote(plain, safe="").encode()
        yield quote_plus(plain).encode()
        yield "".join(f"%{byte:02X}" for byte in plain).encode()
        for alphabet in (base64.b64encode, base64.urlsafe_b64encode):
            for offset in range(3):
                yield _encode_middle(alphabet(b"\0" * offset + plain), offset, len(plain))


def _encode_middle(encoded: bytes, offset: int, length: int) -> bytes:
    """Return the characters of base64 that depend on the value alone, not on the bytes around it."""
    first = -(-offset * 8 // 6)
    last = (offset + length) * 8 // 6
    return encoded[first:last]


def _is_hex(form: bytes) -> bool:
    return bool(_HEX.fullmatch(form))


def iterate_layers(data: bytes) -> Iterator[bytes]:
    """Yield some bytes and everything that they decode or unpack to, each once; raise UnreadableError beyond a bound."""
    waiting, seen, budget = deque([(data, 0)]), {data}, _BUDGET
    while waiting:
        layer, depth = waiting.popleft()
        yield layer
        for inner in _unpack_layer(layer):
            if len(inner) < SHORTEST or inner in seen:
                continue
            budget -= len(inner)
            if budget < 0:
                raise UnreadableError("unpacks to more than can be searched")
            seen.add(inner)
            if depth < _DEPTH:
                waiting.append((inner, depth + 1))
            else:
                yield inner


def _unpack_layer(layer: bytes) -> Iterator[bytes]:
    """Yield what is directly inside one layer."""
    yield from _decompress(layer)
    if b"%" in layer:
        yield unquote_to_bytes(layer)
    if b"\\" in layer:
        yield _ESCAPE.sub(_unescape, layer)
    if b"&" in layer and _ENTITY.search(layer):
        yield _ENTITY.sub(_replace_entity, layer)
    yield b"\0".join(bytes.fromhex(run.decode()) for run in _HEX.findall(layer))
    yield b"\0".join(bytes.fromhex(_HEX_SEPARATORS.sub(b"", run).decode()) for run in _SPACED_HEX.findall(layer))
    yield b"\0".join(match[0].replace(b"\0", b"") for match in _WIDE.finditer(layer))
    thirty_two = _BASE32.findall(layer)
    for offset in range(8):
        yield b"\0".join(_decode_base32(run[offset:]) for run in thirty_two)
    runs = [_BREAKS.sub(b"", match[0]) for match in _BASE64.finditer(layer)]
    plain = [run.rstrip(b"=").replace(b"-", b"+").replace(b"_", b"/") for run in runs if len(run) >= _SHORTEST_RUN]
    for offset in range(4):
        yield b"\0".join(_decode_base64(run[offset:]) for run in plain)


def _decode_base64(run: bytes) -> bytes:
    """Return the bytes of a run of base64; one is tried at each offset, because characters before it may look like a part of it."""
    whole = run[: len(run) - (len(run) % 4 == 1)]
    return base64.b64decode(whole + b"=" * (-len(whole) % 4))


def _decode_base32(run: bytes) -> bytes:
    """Return the bytes of a run of base32, without those of an incomplete end."""
    whole = run[: len(run) - _UNUSED_BASE32[len(run) % 8]]
    return base64.b32decode(whole + b"=" * (-len(whole) % 8), casefold=True)


def _decompress(layer: bytes) -> Iterator[bytes]:
    """Yield the content of every compressed stream in a layer (gzip, zlib, a member of zip, bzip2, xz), as far as it can be read."""
    for start in _find_all(layer, _GZIP):
        yield from _inflate(layer[start:], 31)
    for start in _find_all(layer, _ZIP):
        skipped = sum(int.from_bytes(layer[start + at : start + at + 2], "little") for at in (26, 28))  # the name, and what follows it
        yield from _inflate(layer[start + _ZIP_HEADER + skipped :], -15)
    for start in _find_all(layer, _BZIP):
        yield from _expand(bz2.BZ2Decompressor(), layer[start:])
    for start in _find_all(layer, _XZ):
        yield from _expand(lzma.LZMADecompressor(memlimit=_BUDGET), layer[start:])
    for match in _ZLIB.finditer(layer):
        yield from _inflate(layer[match.start() :], 15)


def _inflate(data: bytes, bits: int) -> Iterator[bytes]:
    stream = zlib.decompressobj(wbits=bits)
    try:
        out = stream.decompress(data, _BUDGET)
    except zlib.error:
        return
    if stream.unconsumed_tail:
        raise UnreadableError("has a compressed part that is larger than can be searched")
    if out:
        yield out


def _find_all(layer: bytes, start: bytes) -> Iterator[int]:
    """Yield every place of some bytes."""
    place = layer.find(start)
    while place >= 0:
        yield place
        place = layer.find(start, place + 1)


def _expand(stream: bz2.BZ2Decompressor | lzma.LZMADecompressor, data: bytes) -> Iterator[bytes]:
    try:
        out = stream.decompress(data, _BUDGET)
    except (OSError, lzma.LZMAError):
        return
    if not stream.eof and not stream.needs_input:
        raise UnreadableError("has a compressed part that is larger than can be searched")
    if out:
        yield out


def _unescape(match: re.Match[bytes]) -> bytes:
    unicode, byte, other = match.groups()
    if unicode or byte:
        return chr(int(unicode or byte, 16)).encode("utf-8", "surrogatepass")
    simple: dict[bytes, bytes] = {b"n": b"\n", b"t": b"\t", b"r": b"\r"}
    return simple.get(other, other)


def _replace_entity(match: re.Match[bytes]) -> bytes:
    number, name = match.groups()
    if name:
        return _ENTITIES[name]
    code = int(number[1:], 16) if number[:1] == b"x" else int(number)
    return chr(code).encode("utf-8", "surrogatepass") if code <= 0x10FFFF else match[0]


_NAME: Final = re.compile(r"(?:^|_|-)(?:KEY|TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIALS?)$", re.IGNORECASE)
_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_PLACEHOLDER: Final = re.compile(r"[$<{%].*|\[secret\]", re.IGNORECASE)


def collect_secrets(
    stack: str, folder: Path, files: Sequence[Path] = (), environment: Mapping[str, str] | None = None
) -> tuple[Secret, ...]:
    """Return every secret that is known here.

    They are the values of environment variables and of keys of the stack file whose name ends in a word such as password, key or token,
    the running lab's Controller password, and the lines of files that the user names.

    Args:
        stack: the stack.
        folder: the folder of its file.
        files: files with one secret per line.
        environment: the environment; this process's by default.

    Raises:
        InputError: a named file cannot be read, or has a line that is too short to be searched for.
    """
    found = [
        *_find_in_environment(os.environ if environment is None else environment),
        *_find_in_stack_file(folder / f"Pulumi.{stack}.yaml"),
        *_find_in_lab(),
        *_read_files(files),
    ]
    return tuple({one.value: one for one in found}.values())


def is_secret_name(name: str) -> bool:
    """Return whether a name ends in a word for a secret: `AVIATRIX_PASSWORD`, `modelApiKey`, `aviatrix:password`."""
    return bool(_NAME.search("_".join(_CAMEL.split(name.rpartition(":")[2]))))


def _find_in_environment(environment: Mapping[str, str]) -> Iterator[Secret]:
    for name, value in sorted(environment.items()):
        if is_secret_name(name) and _is_value(value):
            yield Secret(f"${name}", value.encode("utf-8", "surrogateescape"))


def _find_in_stack_file(path: Path) -> Iterator[Secret]:
    try:
        document = strict_yaml.read(path)
    except (OSError, ValueError):
        return  # the loader of the stack reports it
    yield from _walk(document, path.name)


def _find_in_lab() -> Iterator[Secret]:
    """Yield the password of the running lab's Controller, nothing without a lab."""
    from containment.controller_api.client import ControllerAddress
    from containment.machine import live_systems

    home = live_systems.find_running_lab()
    controller = live_systems.find_lab_systems(home).controller if home else None
    if isinstance(controller, ControllerAddress) and _is_value(controller.password):
        yield Secret("the lab's Controller password", controller.password.encode())


def _walk(value: Any, where: str, key: str = "") -> Iterator[Secret]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _walk(inner, where, str(name))
    elif isinstance(value, list):
        for inner in value:
            yield from _walk(inner, where, key)
    elif isinstance(value, str) and is_secret_name(key) and _is_value(value):
        yield Secret(f"{where}:{key}", value.encode())


def _read_files(files: Sequence[Path]) -> Iterator[Secret]:
    problems = []
    for path in files:
        try:
            lines = input_files.read_bytes(path).splitlines()
        except input_files.InputFileError as error:
            problems.append(error.make_problem("its secrets could be written", "name a file with one secret per line"))
            continue
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            if len(line.strip()) < SHORTEST:
                what = f"is shorter than {SHORTEST} characters"
                problems.append(Problem(f"{path}:{number}", what, "it would be found by chance", "name the whole secret"))
                continue
            yield Secret(f"{path.name}:{number}", line.strip())
    if problems:
        raise InputError("secrets cannot be searched for", problems)


def _is_value(value: str) -> bool:
    """Return whether a value is long enough to be searched for, and no reference to another one, nor the path of a file."""
    return len(value) >= SHORTEST and not _PLACEHOLDER.fullmatch(value) and not _is_file(value)


def _is_file(value: str) -> bool:
    try:
        return Path(value).expanduser().exists()
    except (OSError, ValueError, RuntimeError):  # no name of a file
        return False
