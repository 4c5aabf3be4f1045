"""What a command line runs: its runtime, and the package, module or script, without executing or trusting the name of the program.

Package names come from the `package.json` beside a script. A renamed runtime is recognized by text in its program file.
"""

from __future__ import annotations

import json
import mmap
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Final

from containment.discovery.files import OWN_ROOT, Root, UnreadableError, read_file
from containment.discovery.known_data import HarnessSign, HarnessSigns, Runtime

_LAUNCHERS: Final = frozenset({"npx", "bunx", "uvx", "pnpx"})
_LAUNCHER_WORDS: Final = (
    ("npm", "exec"), ("npm", "x"), ("pnpm", "dlx"), ("pnpm", "exec"), ("yarn", "dlx"), ("bun", "x"), ("pipx", "run"), ("uv", "run"),
    ("uv", "tool", "run"),
)  # fmt: skip
_OPTIONS_WITH_VALUE: Final = frozenset(
    {"-r", "--require", "--import", "--loader", "--conditions", "-W", "-X", "--env-file", "--cwd", "--from", "--with", "--python"}
)
_PACKAGE_OPTIONS: Final = frozenset({"-p", "--package", "--from"})
_WRAPPERS: Final = frozenset({"env", "sudo", "nohup", "nice", "setsid", "stdbuf", "timeout", "dumb-init", "tini", "doas"})
_VERSION: Final = re.compile(r"(?P<name>@?[^@=<>~!\[]+)([@=<>~!\[].*)?")
_PYTHON: Final = re.compile(r"(python|pypy)(\d+(\.\d+)*)?t?")
_SCRIPT_SUFFIX: Final = re.compile(r"\.(m?js|cjs|ts|mts|py|pyz|sh|exe)$")
_MCP_NAME: Final = re.compile(
    r"(^|[^a-z0-9])mcp([^a-z0-9]|$)|(^|[^a-z])mcp[-_]?server|server[-_]?mcp([^a-z]|$)|^@modelcontextprotocol/server-", re.IGNORECASE
)
_MCP_CODE: Final = re.compile(rb"@modelcontextprotocol/sdk|\bfrom\s+(mcp|fastmcp)\b|\bimport\s+(mcp|fastmcp)\b|\bFastMCP\(|\bMcpServer\(")
_MOST_SCRIPT: Final = 2 << 20
_MOST_LEVELS: Final = 6
_MOST_PROGRAM: Final = 1 << 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What a command line runs.

    Attributes:
        runtime: the interpreter's id; empty for other programs.
        is_renamed: whether the interpreter runs under another name.
        names: file names of the program and the script, without suffix.
        package: the package of the script, or that a launcher installs.
        module: the module after `python -m`.
        script: the script's absolute path.
        code_at: the index of code on the command line; None without.
    """

    runtime: str = ""
    is_renamed: bool = False
    names: tuple[str, ...] = ()
    package: str = ""
    module: str = ""
    script: str = ""
    code_at: int | None = None

    @property
    def label(self) -> str:
        """The package, module or script; empty where it is the program itself."""
        return self.package or self.module or self.script

    @property
    def keys(self) -> frozenset[str]:
        """Texts by which two command lines that run the same are compared."""
        return frozenset(text for text in (self.package, self.module, self.script) if text)


@dataclass(slots=True)
class Identifier:
    """Identifies command lines; files are read once."""

    signs: HarnessSigns
    _packages: dict[tuple[str, str], str] = field(default_factory=dict)
    _runtimes: dict[tuple[int, int, int, int], str] = field(default_factory=dict)
    _markers: dict[tuple[str, str], str] = field(default_factory=dict)

    def forget_files(self) -> None:
        """Forget what scripts and packages contain, which can change; program files are recognized by inode and time."""
        self._packages.clear()
        self._markers.clear()

    def identify(self, arguments: Sequence[str], folder: str, root: Root = OWN_ROOT, program: str = "", program_file: str = "") -> Identity:
        """Return what a command line runs.

        Args:
            arguments: the command line.
            folder: its current folder, for relative paths.
            root: the file system that it sees.
            program: the path of the running program; empty for a command that does not run.
            program_file: a path by which the program's content can be read, `/proc/PID/exe`.
        """
        words, skipped = _strip_wrappers(arguments)
        if not words:
            return Identity(names=tuple(filter(None, (_get_stem(program),))))
        first = _get_stem(words[0])
        runtime, is_renamed = self._find_runtime(first, _get_stem(program), program_file)
        base = tuple(dict.fromkeys(name for name in (_get_stem(program), first) if name))
        if (package := find_launched_package(words)) is not None:
            return Identity(runtime=runtime, is_renamed=is_renamed, names=(*base, _get_stem(package)), package=package)
        if not runtime:
            path = _make_absolute(words[0], folder)
            package = self.find_package(path, root) if path else ""
            return Identity(names=base, package=package, script=path if package else "")
        return self._identify_script(words, skipped, folder, root, runtime, is_renamed, base)

    def _identify_script(
        self, words: Sequence[str], skipped: int, folder: str, root: Root, runtime: str, is_renamed: bool, base: tuple[str, ...]
    ) -> Identity:
        inline = next(one.inline_options for one in self.signs.runtimes if one.id == runtime)
        place = 1
        while place < len(words):
            word = words[place]
            if word in inline or (runtime == "python" and re.fullmatch(r"-[bBdEiIOPqsSuvx]*c", word)):
                return Identity(runtime=runtime, is_renamed=is_renamed, names=base, code_at=place + 1 + skipped)
            if any(word.startswith(f"{option}=") for option in inline if option.startswith("--")):
                return Identity(runtime=runtime, is_renamed=is_renamed, names=base, code_at=place + skipped)
            if runtime == "python" and (found := re.fullmatch(r"-[bBdEiIOPqsSuvx]*m(?P<module>.*)", word)):
                module = found["module"] or (words[place + 1] if place + 1 < len(words) else "")
                return Identity(runtime=runtime, is_renamed=is_renamed, names=(*base, *module.split(".")[:1]), module=module)
            if word == "run" and runtime in ("bun", "deno"):
                place += 1
                continue
            if word.startswith("-") and word != "-":
                place += 2 if word in _OPTIONS_WITH_VALUE else 1
                continue
            path = _make_absolute(word, folder)
            package = self.find_package(path, root) if path and runtime != "python" else ""
            return Identity(runtime=runtime, is_renamed=is_renamed, names=(*base, _get_stem(word)), package=package, script=path)
        return Identity(runtime=runtime, is_renamed=is_renamed, names=base)

    def _find_runtime(self, first: str, program: str, program_file: str) -> tuple[str, bool]:
        """Return the runtime of a program and whether it has another name than usual."""
        for one in self.signs.runtimes:
            if program and _is_named(one, program):
                return one.id, False
            if not program and _is_named(one, first):
                return one.id, False
        found = self._find_marker(program_file) if program_file else ""
        return found, bool(found)

    def _find_marker(self, path: str) -> str:
        """Return the runtime whose marker a program file contains; empty where there is none or it is not readable."""
        try:
            with Path(path).open("rb") as opened:
                facts = os.fstat(opened.fileno())
                key = (facts.st_dev, facts.st_ino, facts.st_mtime_ns, facts.st_size)
                if key not in self._runtimes:
                    self._runtimes[key] = self._search_markers(opened.fileno(), facts.st_size)
                return self._runtimes[key]
        except (OSError, ValueError):
            return ""

    def _search_markers(self, handle: int, size: int) -> str:
        if not 0 < size <= _MOST_PROGRAM:
            return ""
        with mmap.mmap(handle, 0, access=mmap.ACCESS_READ) as content:
            return next((one.id for one in self.signs.runtimes if one.marker and content.find(one.marker.encode()) >= 0), "")

    def find_package(self, script: str, root: Root) -> str:
        """Return the name in the nearest package.json above a script, links resolved; empty where there is none."""
        real = os.path.realpath(script) if root.is_own else script
        for folder in list(PurePosixPath(real).parents)[:_MOST_LEVELS]:
            name = self._read_package(str(folder), root)
            if name:
                return name
        return ""

    def _read_package(self, folder: str, root: Root) -> str:
        key = (root.path, folder)
        if key not in self._packages:
            self._packages[key] = _parse_package(root, f"{folder}/package.json")
        return self._packages[key]

    def find_harness(self, identity: Identity) -> tuple[HarnessSign, str] | None:
        """Return the harness that a command line runs, and what matched."""
        for one in self.signs.harnesses:
            if identity.package and identity.package in one.packages:
                return one, f"package {identity.package}"
            if identity.module and identity.module.split(".")[0] in one.modules:
                return one, f"module {identity.module}"
            name = next((name for name in identity.names if name in one.programs), None)
            if name is not None and not (identity.runtime and name == identity.runtime):
                return one, f"program {name}"
        return None

    def find_mcp_evidence(self, identity: Identity, arguments: Sequence[str], root: Root) -> str:
        """Return why a command line counts as an MCP server; empty where it does not."""
        for text in (identity.package, identity.module, *identity.names):
            if text and _MCP_NAME.search(text):
                return f"name {text}"
        if identity.code_at is not None and identity.code_at < len(arguments):
            code = arguments[identity.code_at].encode(errors="surrogateescape")
            return "code on the command line uses an MCP library" if _MCP_CODE.search(code) else ""
        if identity.script and identity.runtime:
            return self._find_mcp_marker(identity.script, root)
        return ""

    def _find_mcp_marker(self, script: str, root: Root) -> str:
        key = (root.path, script)
        if key not in self._markers:
            try:
                content = read_file(root, script, _MOST_SCRIPT) or b""
            except UnreadableError:
                content = b""
            self._markers[key] = f"{PurePosixPath(script).name} uses an MCP library" if _MCP_CODE.search(content) else ""
        return self._markers[key]


def find_launched_package(words: Sequence[str]) -> str | None:
    """Return the package that a launcher such as npx runs; None for other commands."""
    head = _get_stem(words[0])
    if head in _LAUNCHERS:
        rest = words[1:]
    else:
        stems = [head, *words[1:3]]
        found = next((one for one in _LAUNCHER_WORDS if tuple(stems[: len(one)]) == one), None)
        if found is None:
            return None
        rest = words[len(found) :]
    place = 0
    while place < len(rest):
        word = rest[place]
        if word in _PACKAGE_OPTIONS and place + 1 < len(rest):
            return _strip_version(rest[place + 1])
        if word.startswith("--package="):
            return _strip_version(word.partition("=")[2])
        if not word.startswith("-"):
            return _strip_version(word)
        place += 2 if word in _OPTIONS_WITH_VALUE else 1
    return None


def _strip_version(word: str) -> str:
    found = _VERSION.fullmatch(word)
    return found["name"] if found else word


def _strip_wrappers(arguments: Sequence[str]) -> tuple[list[str], int]:
    """Return a command line without `env`, `sudo` and the like, and the number of words that were removed."""
    place = 0
    while place < len(arguments) and PurePosixPath(arguments[place]).name in _WRAPPERS:
        place += 1
        while place < len(arguments) and (arguments[place].startswith("-") or "=" in arguments[place] or arguments[place].isdigit()):
            place += 1
    return list(arguments[place:]), place


def _get_stem(path: str) -> str:
    """Return the file name of a program or script, without the suffix of a script; a title's first word counts as a name."""
    name = PurePosixPath(path.split(" ")[0].rstrip(":") if "/" not in path else path).name
    return _SCRIPT_SUFFIX.sub("", name).lstrip("-")


def _is_named(runtime: Runtime, name: str) -> bool:
    return name in runtime.programs or (runtime.id == "python" and _PYTHON.fullmatch(name) is not None)


def _make_absolute(word: str, folder: str) -> str:
    if word.startswith("/"):
        return os.path.normpath(word)
    return os.path.normpath(f"{folder}/{word}") if folder and "/" in folder and ("/" in word or "." in word) else ""


def _parse_package(root: Root, path: str) -> str:
    try:
        content = read_file(root, path, _MOST_SCRIPT)
        found = json.loads(content) if content is not None else None
    except (UnreadableError, ValueError, RecursionError):
        return ""
    name = found.get("name") if isinstance(found, dict) else None
    return name if isinstance(name, str) else ""


def has_same_command(one: Sequence[str], other: Sequence[str]) -> bool:
    """Return whether a running command line is a configured one, whatever path its program has."""
    return len(one) == len(other) > 0 and _get_stem(one[0]) == _get_stem(other[0]) and list(one[1:]) == list(other[1:])
