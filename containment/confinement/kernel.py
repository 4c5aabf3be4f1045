"""System calls for which Python 3.11 has no function: namespaces, mounts, id-mapped mounts, and the rights of a process."""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import struct
from typing import Final

_libc = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNS, CLONE_NEWUSER, CLONE_NEWNET = 0x00020000, 0x10000000, 0x40000000
MS_BIND, MS_REC, MS_PRIVATE, MS_NOSUID, MS_NODEV = 0x1000, 0x4000, 1 << 18, 2, 4
_OPEN_TREE, _MOVE_MOUNT, _MOUNT_SETATTR = 428, 429, 442
"""The numbers are the same on x86-64 and aarch64."""
_AT_FDCWD, _AT_EMPTY_PATH, _AT_RECURSIVE = -100, 0x1000, 0x8000
_OPEN_TREE_CLONE, _OPEN_TREE_CLOEXEC = 1, os.O_CLOEXEC
_MOVE_MOUNT_F_EMPTY_PATH: Final = 4
_MOUNT_ATTR_NOEXEC: Final = 0x8
_MOUNT_ATTR_IDMAP: Final = 0x00100000
_OPENAT2: Final = 437
_RESOLVE_IN_ROOT: Final = 0x10
_NS_GET_USERNS: Final = 0xB701
_PR_SET_PDEATHSIG, _PR_CAPBSET_DROP, _PR_SET_NO_NEW_PRIVS, _PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL = 1, 24, 38, 47, 4
_CAPABILITY_VERSION: Final = 0x20080522
_MOST_CAPABILITIES: Final = 64


def join(namespace: int, kind: int) -> None:
    """Enter the namespace of an open file descriptor."""
    _check_result(_libc.setns(namespace, kind), "setns")


def unshare(flags: int) -> None:
    """Move this process into new namespaces."""
    _check_result(_libc.unshare(flags), "unshare")


def unshare_as_owner(flags: int) -> None:
    """Move this process of a plain user into a new user namespace, which maps its own ids only, and into further new namespaces."""
    user, group = os.geteuid(), os.getegid()
    unshare(CLONE_NEWUSER | flags)
    for name, text in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1")):
        handle = os.open(f"/proc/self/{name}", os.O_WRONLY)
        os.write(handle, text.encode())
        os.close(handle)


def mount(source: str, target: str, kind: str = "", flags: int = 0, data: str = "") -> None:
    """Mount a file system, or change a mount; see mount(2)."""
    _check_result(_libc.mount(source.encode(), target.encode(), kind.encode(), ctypes.c_ulong(flags), data.encode()), f"mount on {target}")


def bind(source: int, target: str) -> None:
    """Bind an open file or folder, with all mounts below it, to another path."""
    mount(f"/proc/self/fd/{source}", target, flags=MS_BIND | MS_REC)


def bind_mapped(source: int, target: str, owners: int) -> None:
    """Bind an open folder to another path with ids mapped as in a user namespace; raise OSError if its file system cannot."""
    flags = _OPEN_TREE_CLONE | _OPEN_TREE_CLOEXEC | _AT_EMPTY_PATH
    tree = _check_result(_libc.syscall(_OPEN_TREE, source, b"", flags), "open_tree")
    attributes = struct.pack("=QQQQ", _MOUNT_ATTR_IDMAP, 0, 0, owners)
    _check_result(_libc.syscall(_MOUNT_SETATTR, tree, b"", _AT_EMPTY_PATH, attributes, len(attributes)), "mount_setattr")
    _check_result(_libc.syscall(_MOVE_MOUNT, tree, b"", _AT_FDCWD, target.encode(), _MOVE_MOUNT_F_EMPTY_PATH), "move_mount")
    os.close(tree)


def forbid_execution(target: str) -> None:
    """Forbid that files below a mount are executed or mapped as code."""
    attributes = struct.pack("=QQQQ", _MOUNT_ATTR_NOEXEC, 0, 0, 0)
    result = _libc.syscall(_MOUNT_SETATTR, _AT_FDCWD, target.encode(), _AT_RECURSIVE, attributes, len(attributes))
    _check_result(result, f"mount_setattr on {target}")


def open_owner(namespace: int) -> int:
    """Return the user namespace, as a file descriptor, that owns an open namespace."""
    return fcntl.ioctl(namespace, _NS_GET_USERNS)


def end_with_parent(number: int) -> None:
    """Send this process a signal when its parent ends; a change of the user id or of rights undoes it."""
    _check_result(_libc.prctl(_PR_SET_PDEATHSIG, number, 0, 0, 0), "prctl(PR_SET_PDEATHSIG)")


def drop_rights() -> None:
    """Give up every capability, in every set, and every way to gain one by executing a program."""
    for each in range(_MOST_CAPABILITIES):
        if _libc.prctl(_PR_CAPBSET_DROP, each, 0, 0, 0) < 0:
            if ctypes.get_errno() != errno.EINVAL:
                raise OSError(ctypes.get_errno(), "prctl(PR_CAPBSET_DROP)")
            break  # the first number that this kernel has no capability for
    _check_result(_libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0), "prctl(PR_CAP_AMBIENT)")
    _check_result(_libc.capset(struct.pack("=Ii", _CAPABILITY_VERSION, 0), bytes(24)), "capset")
    forbid_new_rights()


def forbid_new_rights() -> None:
    """Set no_new_privs: no program that this process executes gains rights."""
    _check_result(_libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl(PR_SET_NO_NEW_PRIVS)")


def call(number: int, what: str, *arguments: int | bytes | ctypes.Array[ctypes.c_char] | None) -> int:
    """Make a system call that has the same number on x86-64 and aarch64, or one of this machine's; raise OSError if it fails."""
    values = [ctypes.c_long(each) if isinstance(each, int) else each for each in arguments]
    return _check_result(_libc.syscall(number, *values), what)


def open_inside(root: int, path: str) -> int:
    """Return a path as a file descriptor, resolved as if an open folder were the root; raise OSError if there is no such path."""
    how = struct.pack("=QQQ", os.O_PATH | os.O_CLOEXEC, 0, _RESOLVE_IN_ROOT)
    return call(_OPENAT2, f"openat2 {path}", root, os.fsencode(path), ctypes.create_string_buffer(how, len(how)), len(how))


def create_owner_map(user: tuple[int, int], group: tuple[int, int]) -> int:
    """Return a user namespace, as a file descriptor, that maps one user id and one group id: (on disk, as seen).

    A short-lived child process creates the namespace.
    """
    made_read, made_write = os.pipe()
    done_read, done_write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(made_read)
            os.close(done_write)
            unshare(CLONE_NEWUSER)
            os.write(made_write, b"0")
            os.read(done_read, 1)
        except OSError as error:
            os.write(made_write, str(error.errno).encode())
        finally:
            os._exit(0)
    try:
        os.close(made_write)
        os.close(done_read)
        if (code := int(os.read(made_read, 8) or errno.ECHILD)) != 0:
            raise OSError(code, f"no user namespace could be created: {os.strerror(code)}")
        for name, (disk, seen) in (("uid_map", user), ("gid_map", group)):
            handle = os.open(f"/proc/{child}/{name}", os.O_WRONLY)
            os.write(handle, f"{disk} {seen} 1\n".encode())
            os.close(handle)
        return os.open(f"/proc/{child}/ns/user", os.O_RDONLY | os.O_CLOEXEC)
    finally:
        os.close(made_read)
        os.close(done_write)
        os.waitpid(child, 0)


def _check_result(result: int, what: str) -> int:
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{what}: {os.strerror(code)}")
    return int(result)
