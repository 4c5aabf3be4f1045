"""Landlock: which paths a process and everything that it starts may read, write and execute (linux/landlock.h).

The rights of files are required; rights of a newer kernel are used where it has them. A restriction is never undone, and a program that a
restricted process starts is restricted as well. Mapping a file as code is no right of Landlock: mounts forbid it (`profile.Mount`).
"""

from __future__ import annotations

import ctypes
import errno
import os
import stat
import struct
from enum import IntFlag, StrEnum
from typing import Final, NamedTuple

from containment.confinement import kernel
from containment.confinement.errors import ConfinementError

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
"""The numbers are the same on x86-64 and aarch64."""
_VERSION, _PATH_BENEATH, _LOG_NEW_EXEC = 1, 1, 2


class Right(IntFlag):
    """Rights on files, by the value that the kernel gives them."""

    EXECUTE = 1 << 0
    WRITE_FILE = 1 << 1
    READ_FILE = 1 << 2
    READ_DIR = 1 << 3
    REMOVE_DIR = 1 << 4
    REMOVE_FILE = 1 << 5
    MAKE_CHAR = 1 << 6
    MAKE_DIR = 1 << 7
    MAKE_REG = 1 << 8
    MAKE_SOCK = 1 << 9
    MAKE_FIFO = 1 << 10
    MAKE_BLOCK = 1 << 11
    MAKE_SYM = 1 << 12
    REFER = 1 << 13
    TRUNCATE = 1 << 14
    IOCTL_DEV = 1 << 15


_RIGHTS_BY_ABI: Final = {1: (1 << 13) - 1, 2: Right.REFER, 3: Right.TRUNCATE, 5: Right.IOCTL_DEV}
"""The rights that each version adds."""
_SCOPES_ABI, _AUDIT_ABI = 6, 7
_SCOPES: Final = 1 | 2
"""Abstract Unix sockets and signals reach restricted processes only."""
_OF_FILES: Final = Right.EXECUTE | Right.WRITE_FILE | Right.READ_FILE | Right.TRUNCATE | Right.IOCTL_DEV
"""Rights that a rule for a file, not a folder, may contain."""


class Access(StrEnum):
    """What a rule permits below its path."""

    READ = "read"
    WRITE = "write"
    EXECUTE = "execute"
    DEVICE = "device"


_RIGHTS: Final = {
    Access.READ: Right.READ_FILE | Right.READ_DIR,
    Access.WRITE: Right.READ_FILE | Right.READ_DIR | Right.WRITE_FILE | Right.TRUNCATE | Right.REMOVE_DIR | Right.REMOVE_FILE
    | Right.MAKE_DIR | Right.MAKE_REG | Right.MAKE_SOCK | Right.MAKE_FIFO | Right.MAKE_SYM | Right.REFER,
    Access.EXECUTE: Right.READ_FILE | Right.EXECUTE,
    Access.DEVICE: Right.READ_FILE | Right.READ_DIR | Right.WRITE_FILE | Right.TRUNCATE | Right.IOCTL_DEV,
}  # fmt: skip
"""No rule permits device nodes: `MAKE_CHAR` and `MAKE_BLOCK` are handled and never granted."""


class Rule(NamedTuple):
    """Access to a path, as the command sees it, and to everything below it; a path that is `optional` may be missing."""

    path: str
    access: Access
    optional: bool = False


def read_version() -> int:
    """Return the version of Landlock's interface in this kernel; 0 if it has none or it is switched off."""
    try:
        return kernel.call(_CREATE_RULESET, "landlock_create_ruleset", None, 0, _VERSION)
    except OSError as error:
        if error.errno in {errno.ENOSYS, errno.EOPNOTSUPP}:
            return 0
        raise


def compute_handled_rights(version: int) -> Right:
    """Return the rights that a version of the interface controls."""
    return Right(sum(rights for abi, rights in _RIGHTS_BY_ABI.items() if abi <= version))


def describe_version(version: int) -> str:
    """Return what a version of the interface controls, in one line."""
    missing = [name for abi, name in ((2, "moving between folders is refused"), (3, "truncation by path is not seen"),
                                      (5, "device requests are not seen"), (6, "no scopes")) if abi > version]  # fmt: skip
    return f"ABI {version}" + (f" ({', '.join(missing)})" if missing else "")


def restrict_self(rules: tuple[Rule, ...]) -> None:
    """Restrict this process to some rules, for good; it has set no_new_privs before."""
    version = read_version()
    if version < 1:
        raise ConfinementError("this kernel has no Landlock: rights of files cannot be enforced; use Linux 5.13 or newer with lsm=landlock")
    handled = compute_handled_rights(version)
    attributes = struct.pack("=QQQ", handled, 0, _SCOPES if version >= _SCOPES_ABI else 0)
    size = 24 if version >= _SCOPES_ABI else 16 if version >= 4 else 8
    ruleset = kernel.call(_CREATE_RULESET, "landlock_create_ruleset", ctypes.create_string_buffer(attributes, 24), size, 0)
    try:
        for rule in rules:
            _add_rule(ruleset, rule, handled)
        kernel.call(_RESTRICT_SELF, "landlock_restrict_self", ruleset, _LOG_NEW_EXEC if version >= _AUDIT_ABI else 0)
    finally:
        os.close(ruleset)


def _add_rule(ruleset: int, rule: Rule, handled: Right) -> None:
    try:
        place = os.open(rule.path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        if rule.optional:
            return
        raise ConfinementError(f"{rule.path} is granted ({rule.access}) and not visible to the command") from None
    try:
        rights = _RIGHTS[rule.access] & handled
        if not stat.S_ISDIR(os.fstat(place).st_mode):
            rights &= _OF_FILES
        kernel.call(_ADD_RULE, f"landlock_add_rule for {rule.path}", ruleset, _PATH_BENEATH, struct.pack("=Qi", rights, place), 0)
    finally:
        os.close(place)
