"""Files of other people: read without executing, blocking or being led astray, and parsed as leniently as their own programs do.

A file is opened as a path first and read only if it is a regular file, so that a FIFO, a device or a socket is never opened. Below the root
of a container, symbolic links are resolved inside that root, as the container itself resolves them. Configuration files are JSON, JSON with
comments, TOML and YAML; errors name a line, never the text there, which may be a secret.
"""

from __future__ import annotations

import errno
import json
import os
import re
import stat
import tomllib
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Final

import yaml

from containment.discovery.known_data import ConfigFormat
from containment.loaders.strict_yaml import load_as_cloud_init

MOST_BYTES: Final = 8 << 20
_MOST_LINKS: Final = 40
_MISSING: Final = (errno.ENOENT, errno.ENOTDIR)
_PATH_ONLY: Final = getattr(os, "O_PATH", os.O_RDONLY | os.O_NONBLOCK) | os.O_CLOEXEC
"""Flags of a descriptor that names a file without opening it; where the system has none, opening does not wait."""


class UnreadableError(Exception):
    """A file or folder that exists and cannot be read; the text is the reason."""


@dataclass(frozen=True, slots=True)
class Root:
    """A file system: `/`, or `/proc/PID/root` of a container; `label` names the container, and is empty for `/`."""

    path: str = "/"
    label: str = ""

    @property
    def is_own(self) -> bool:
        """Whether this is the file system of this process."""
        return self.path == "/"


OWN_ROOT: Final = Root()


def read_file(root: Root, path: str, most: int = MOST_BYTES) -> bytes | None:
    """Return the content of a regular file; None where there is no file.

    Args:
        root: the file system.
        path: the absolute path in it.
        most: bytes of the largest file that is read.

    Raises:
        UnreadableError: the file cannot be read, is not a regular file, or is too large.
    """
    with _convert_errors(), _open_path(root, path) as handle:
        if handle is None:
            return None
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode):
            raise UnreadableError(f"is a {describe_kind(found.st_mode)}, not a file")
        if found.st_size > most:
            raise UnreadableError(f"has {found.st_size} bytes, more than the {most} that are read")
        with os.fdopen(_reopen(handle, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY), "rb") as opened:
            content = opened.read(most + 1)
    if len(content) > most:
        raise UnreadableError(f"has more than the {most} bytes that are read")
    return content


def list_folder(root: Root, path: str) -> list[tuple[str, int]] | None:
    """Return names and modes of a folder's entries, links not followed, sorted; None where there is no folder.

    Raises:
        UnreadableError: the folder cannot be read.
    """
    with _convert_errors(), _open_path(root, path) as handle:
        if handle is None or not stat.S_ISDIR(os.fstat(handle).st_mode):
            return None
        opened = _reopen(handle, os.O_RDONLY | os.O_DIRECTORY)
        try:
            entries = list[tuple[str, int]]()
            for name in sorted(os.listdir(opened)):  # noqa: PTH208 - of a descriptor
                with suppress(FileNotFoundError):  # removed since it was listed
                    entries.append((name, os.stat(name, dir_fd=opened, follow_symlinks=False).st_mode))
            return entries
        finally:
            os.close(opened)


def get_mode(root: Root, path: str) -> int | None:
    """Return the mode of a path with links followed; None where it does not exist; raise UnreadableError."""
    with _convert_errors(), _open_path(root, path) as handle:
        return None if handle is None else os.fstat(handle).st_mode


def get_identity(root: Root, path: str) -> tuple[int, int] | None:
    """Return device and inode of a path, by which one file is known in several file systems; None where it does not exist."""
    with _convert_errors(), _open_path(root, path) as handle:
        if handle is None:
            return None
        facts = os.fstat(handle)
        return facts.st_dev, facts.st_ino


def describe_kind(mode: int) -> str:
    """Return the kind of a file by its mode."""
    kinds = ((stat.S_ISDIR, "folder"), (stat.S_ISFIFO, "FIFO"), (stat.S_ISSOCK, "socket"), (stat.S_ISLNK, "symbolic link"))
    return next((name for check, name in kinds if check(mode)), "device")


@contextmanager
def _convert_errors() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        text = "permission denied" if error.errno in (errno.EACCES, errno.EPERM) else (error.strerror or str(error)).lower()
        raise UnreadableError(text) from None
    except ValueError:  # a NUL in the path
        raise UnreadableError("is no path") from None


def _reopen(handle: int, flags: int) -> int:
    """Return a descriptor that reads what another one names."""
    return os.open(f"/proc/self/fd/{handle}", flags | os.O_CLOEXEC) if hasattr(os, "O_PATH") else os.dup(handle)


@contextmanager
def _open_path(root: Root, path: str) -> Iterator[int | None]:
    """Yield a descriptor that names a path without opening it; None where there is nothing."""
    try:
        handle = os.open(path, _PATH_ONLY) if root.is_own else _open_below(root.path, path)
    except OSError as error:
        if error.errno not in _MISSING:
            raise
        yield None
        return
    try:
        yield handle
    finally:
        os.close(handle)


def _open_below(root: str, path: str) -> int:
    """Return a descriptor of a path below a root; `..` and absolute links stay below it."""
    handles = [os.open(root, _PATH_ONLY)]
    pending = deque(path.split("/"))
    links = 0
    try:
        while pending:
            part = pending.popleft()
            if part in ("", "."):
                continue
            if part == "..":
                if len(handles) > 1:
                    os.close(handles.pop())
                continue
            handle = os.open(part, _PATH_ONLY | os.O_NOFOLLOW, dir_fd=handles[-1])
            if not stat.S_ISLNK(os.fstat(handle).st_mode):
                handles.append(handle)
                continue
            try:
                target = os.readlink("", dir_fd=handle)
            finally:
                os.close(handle)
            links += 1
            if links > _MOST_LINKS:
                raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
            if target.startswith("/"):
                while len(handles) > 1:
                    os.close(handles.pop())
            pending.extendleft(reversed(target.split("/")))
        return os.dup(handles[-1])
    finally:
        for handle in handles:
            os.close(handle)


_LINE: Final = re.compile(r"\(at line \d+, column \d+\)|line \d+, column \d+|\(at end of document\)")
_TOKEN: Final = re.compile(r'"(?:[^"\\]++|\\.)*+"?|//[^\n]*|/\*(?:.*?\*/|.*)|[^"/]+|.', re.DOTALL)
_MOST_SLOW: Final = 1 << 18
"""Bytes of the largest YAML or TOML file, whose parsers are slow: a planted file must not keep a discovery from ending."""
_MOST_COMMENTED: Final = 1 << 20
"""Bytes of the largest JSON file with comments."""
_MOST_LEVELS: Final = 100
_MOST_PARTS: Final = 500
"""Dots in a line of TOML, whose parser takes the square of a key's parts."""
_TRAILING_COMMA: Final = re.compile(r'("(?:[^"\\]++|\\.)*+"?)|,(?=\s*[}\]])', re.DOTALL)
_YamlLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class FormatError(ValueError):
    """Content that cannot be parsed; the text has no part of it."""


def parse(content: bytes, format_: ConfigFormat) -> Any:
    """Return the data of a configuration file, None for an empty one.

    Raises:
        FormatError: the content is not in that format.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise FormatError("is not UTF-8 text") from None
    if not text.strip():
        return None
    if format_ in (ConfigFormat.TOML, ConfigFormat.YAML) and len(content) > _MOST_SLOW:
        raise FormatError(f"has {len(content)} bytes, more than the {_MOST_SLOW} of {format_.value} that are read")
    try:
        match format_:
            case ConfigFormat.TOML:
                if any(line.count(".") > _MOST_PARTS for line in text.splitlines()):
                    raise FormatError(f"has a line with more than {_MOST_PARTS} dots, which takes too long to parse")
                return tomllib.loads(text.replace("\r\n", "\n"))
            case ConfigFormat.YAML:
                _check_depth(text)
                return load_as_cloud_init(text)
            case ConfigFormat.JSON | ConfigFormat.JSONC:
                return _parse_json(text)
    except FormatError:
        raise
    except json.JSONDecodeError as error:
        raise FormatError(f"is not {format_.value} (line {error.lineno}, column {error.colno})") from None
    except RecursionError:
        raise FormatError("is nested too deeply") from None
    except (ValueError, yaml.YAMLError) as error:
        place = _LINE.search(str(error))
        shown = f" ({place.group().strip('()')})" if place else ""
        raise FormatError(f"is not {format_.value}{shown}") from None


def _check_depth(text: str) -> None:
    """Raise FormatError for YAML that is nested too deeply to be composed, which its parser does by recursion."""
    depth = 0
    for event in yaml.parse(text, Loader=_YamlLoader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _MOST_LEVELS:
            raise FormatError("is nested too deeply")


def _parse_json(text: str) -> Any:
    try:
        return _DECODER.decode(text)
    except json.JSONDecodeError:
        if len(text) > _MOST_COMMENTED:
            raise
        return _DECODER.decode(strip_comments(text))


def strip_comments(text: str) -> str:
    """Return JSON without comments and trailing commas; line numbers are unchanged."""
    kept = "".join(_replace_token(one.group()) for one in _TOKEN.finditer(text))
    return _TRAILING_COMMA.sub(lambda found: found.group(1) or " ", kept)


def _replace_token(token: str) -> str:
    return "\n" * token.count("\n") or " " if token.startswith(("//", "/*")) else token


def _merge_repeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object; of a key that is set twice, both objects count, because parsers differ in which one they take."""
    found = dict[str, Any]()
    for key, value in pairs:
        before = found.get(key)
        if isinstance(before, dict) and isinstance(value, dict):
            value = {
                **before,
                **value,
                **{f"{name} (set again)": before[name] for name in before if name in value and before[name] != value[name]},
            }
        found[key] = value
    return found


_DECODER: Final = json.JSONDecoder(object_pairs_hook=_merge_repeated, strict=False)
