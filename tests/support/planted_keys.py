"""Search for a planted key in every form in which it could be left: in memory, environment and files of processes, and in messages."""

from __future__ import annotations

import base64
import os
from array import array
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final
from urllib.parse import quote

_PIECE: Final = 1 << 20
_MOST_FILE: Final = 64 << 20
_PAGE: Final = 4096
_USED: Final = 62
"""Of an entry of /proc/PID/pagemap, the bits from this one: the page is in memory, or in swap."""


def list_forms(key: str) -> list[bytes]:
    """Return a key plain, in Base64, in hexadecimal, URL-encoded and reversed, and as the password of HTTP Basic."""
    coded = base64.b64encode(key.encode()).decode()
    texts = [key, coded, coded.rstrip("="), key.encode().hex(), key.encode().hex().upper(), quote(key, safe=""), key[::-1]]
    # The middle of a Base64 text is the same wherever the key begins in a longer text: one form per place in three bytes.
    texts += [base64.b64encode(b"x" * shift + key.encode()).decode()[4:-4] for shift in (1, 2)]
    return [text.encode() for text in dict.fromkeys(texts)]


def list_processes(user: int) -> list[int]:
    """Return the processes of a user that this process sees."""
    found = []
    for one in Path("/proc").iterdir():
        try:
            if one.name.isdigit() and one.stat().st_uid == user:
                found.append(int(one.name))
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


def find_in_process(process: int, forms: Iterable[bytes]) -> list[str]:
    """Return where a process has one of the forms: memory, environment, command line or an open file.

    Raises:
        PermissionError: the process cannot be examined, so that nothing was tested.
    """
    wanted = [*forms]
    places = [*_search_memory(process, wanted)]
    texts = {name: Path(f"/proc/{process}/{name}").read_bytes() for name in ("environ", "cmdline")}
    places += [name for name, text in texts.items() if any(form in text for form in wanted)]
    for link in Path(f"/proc/{process}/fd").iterdir():
        try:
            if link.is_file() and link.stat().st_size <= _MOST_FILE and any(form in link.read_bytes() for form in wanted):
                places.append(f"open file {link.readlink()}")
        except OSError:
            continue  # closed since, or a file for writing only
    return places


def _search_memory(process: int, forms: list[bytes]) -> Iterator[str]:
    """Yield the mappings that contain a form; a mapped file that cannot be written has what its file has, and is left out."""
    longest = max(map(len, forms))
    with Path(f"/proc/{process}/mem").open("rb", 0) as memory, Path(f"/proc/{process}/pagemap").open("rb", 0) as pages:
        for line in Path(f"/proc/{process}/maps").read_text().splitlines():
            span, rights, _, _, inode, *rest = line.split(maxsplit=5)
            name = rest[0].strip() if rest else ""
            is_file = inode != "0" and "w" not in rights
            if "r" not in rights or is_file or name in ("[vvar]", "[vvar_vclock]", "[vsyscall]"):
                continue
            start, end = (int(part, 16) for part in span.split("-"))
            pieces = _read_pieces(memory.fileno(), pages.fileno(), start, end, longest)
            if any(form in piece for piece in pieces for form in forms):
                yield f"memory {span} {name}".strip()


def _read_pieces(memory: int, pages: int, start: int, end: int, longest: int) -> Iterator[bytes]:
    """Yield the bytes of a mapping in pieces that overlap, so that nothing is split; pages that were never used are left out."""
    at, before = start, b""
    while at < end:
        size = min(_PIECE, end - at)
        entries = array("Q", os.pread(pages, size // _PAGE * 8, at // _PAGE * 8))
        if any(entry >> _USED for entry in entries):
            piece = _read_used(memory, at, size)
            yield before + piece
            before = piece[-longest:]
        else:
            before = b""
        at += size


def _read_used(memory: int, start: int, size: int) -> bytes:
    """Return the bytes at an address, page by page where not all can be read at once."""
    try:
        if len(found := os.pread(memory, size, start)) == size:
            return found
    except OSError:
        found = b""
    out = found
    for at in range(start + len(found) // _PAGE * _PAGE, start + size, _PAGE):
        try:
            out += os.pread(memory, _PAGE, at)
        except OSError:
            out += b"\0"  # a page that not even its process can read
    return out
