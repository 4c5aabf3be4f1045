"""Numbers of the system calls in the filter, per architecture.

Source: the kernel's arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h (aarch64). None means that the
architecture lacks the call. The tests compare the table with libseccomp's.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final, NamedTuple


class Machine(StrEnum):
    """An architecture with a filter, as `platform.machine()` names it."""

    X86_64 = "x86_64"
    AARCH64 = "aarch64"


AUDIT_ARCH: Final = {Machine.X86_64: 0xC000003E, Machine.AARCH64: 0xC00000B7}
"""The kernel's identifier of each architecture (linux/audit.h)."""


class SyscallNumbers(NamedTuple):
    """The numbers of one system call."""

    x86_64: int | None
    aarch64: int | None

    def get_number(self, machine: Machine) -> int | None:
        """Return the number on an architecture."""
        return self.x86_64 if machine is Machine.X86_64 else self.aarch64


SYSCALLS: Final = {
    # mounts and roots
    "mount": SyscallNumbers(165, 40),
    "umount2": SyscallNumbers(166, 39),
    "pivot_root": SyscallNumbers(155, 41),
    "chroot": SyscallNumbers(161, 51),
    "open_tree": SyscallNumbers(428, 428),
    "move_mount": SyscallNumbers(429, 429),
    "fsopen": SyscallNumbers(430, 430),
    "fsconfig": SyscallNumbers(431, 431),
    "fsmount": SyscallNumbers(432, 432),
    "fspick": SyscallNumbers(433, 433),
    "mount_setattr": SyscallNumbers(442, 442),
    "statmount": SyscallNumbers(457, 457),
    "listmount": SyscallNumbers(458, 458),
    "open_tree_attr": SyscallNumbers(467, 467),
    "quotactl": SyscallNumbers(179, 60),
    "quotactl_fd": SyscallNumbers(443, 443),
    "swapon": SyscallNumbers(167, 224),
    "swapoff": SyscallNumbers(168, 225),
    # namespaces
    "unshare": SyscallNumbers(272, 97),
    "setns": SyscallNumbers(308, 268),
    "clone": SyscallNumbers(56, 220),
    "clone3": SyscallNumbers(435, 435),
    # other processes
    "ptrace": SyscallNumbers(101, 117),
    "process_vm_readv": SyscallNumbers(310, 270),
    "process_vm_writev": SyscallNumbers(311, 271),
    "process_madvise": SyscallNumbers(440, 440),
    "pidfd_getfd": SyscallNumbers(438, 438),
    "pidfd_open": SyscallNumbers(434, 434),
    "pidfd_send_signal": SyscallNumbers(424, 424),
    "kcmp": SyscallNumbers(312, 272),
    "move_pages": SyscallNumbers(279, 239),
    "migrate_pages": SyscallNumbers(256, 238),
    # keys
    "add_key": SyscallNumbers(248, 217),
    "request_key": SyscallNumbers(249, 218),
    "keyctl": SyscallNumbers(250, 219),
    # large or privileged parts of the kernel
    "bpf": SyscallNumbers(321, 280),
    "perf_event_open": SyscallNumbers(298, 241),
    "userfaultfd": SyscallNumbers(323, 282),
    "io_uring_setup": SyscallNumbers(425, 425),
    "io_uring_enter": SyscallNumbers(426, 426),
    "io_uring_register": SyscallNumbers(427, 427),
    "fanotify_init": SyscallNumbers(300, 262),
    "memfd_secret": SyscallNumbers(447, 447),
    "modify_ldt": SyscallNumbers(154, None),
    "iopl": SyscallNumbers(172, None),
    "ioperm": SyscallNumbers(173, None),
    "acct": SyscallNumbers(163, 89),
    "syslog": SyscallNumbers(103, 116),
    "vhangup": SyscallNumbers(153, 58),
    # the kernel itself and its clock
    "init_module": SyscallNumbers(175, 105),
    "finit_module": SyscallNumbers(313, 273),
    "delete_module": SyscallNumbers(176, 106),
    "kexec_load": SyscallNumbers(246, 104),
    "kexec_file_load": SyscallNumbers(320, 294),
    "reboot": SyscallNumbers(169, 142),
    "settimeofday": SyscallNumbers(164, 170),
    "clock_settime": SyscallNumbers(227, 112),
    "sethostname": SyscallNumbers(170, 161),
    "setdomainname": SyscallNumbers(171, 162),
    # files by handle
    "name_to_handle_at": SyscallNumbers(303, 264),
    "open_by_handle_at": SyscallNumbers(304, 265),
    # code from memory, and filters of a program
    "memfd_create": SyscallNumbers(319, 279),
    "seccomp": SyscallNumbers(317, 277),
    "prctl": SyscallNumbers(157, 167),
    # programs, and paths that are changed
    "execve": SyscallNumbers(59, 221),
    "execveat": SyscallNumbers(322, 281),
    "truncate": SyscallNumbers(76, 45),
    "rename": SyscallNumbers(82, None),
    "renameat": SyscallNumbers(264, 38),
    "renameat2": SyscallNumbers(316, 276),
    "link": SyscallNumbers(86, None),
    "linkat": SyscallNumbers(265, 37),
    "symlink": SyscallNumbers(88, None),
    "symlinkat": SyscallNumbers(266, 36),
    "unlink": SyscallNumbers(87, None),
    "unlinkat": SyscallNumbers(263, 35),
    "mkdir": SyscallNumbers(83, None),
    "mkdirat": SyscallNumbers(258, 34),
    "rmdir": SyscallNumbers(84, None),
    # calls that are decided by their arguments
    "ioctl": SyscallNumbers(16, 29),
    "socket": SyscallNumbers(41, 198),
    "open": SyscallNumbers(2, None),
    "creat": SyscallNumbers(85, None),
    "openat": SyscallNumbers(257, 56),
    "connect": SyscallNumbers(42, 203),
    "sendto": SyscallNumbers(44, 206),
    "sendmsg": SyscallNumbers(46, 211),
    "sendmmsg": SyscallNumbers(307, 269),
    "openat2": SyscallNumbers(437, 437),
    "mknod": SyscallNumbers(133, None),
    "mknodat": SyscallNumbers(259, 33),
    "chmod": SyscallNumbers(90, None),
    "fchmod": SyscallNumbers(91, 52),
    "fchmodat": SyscallNumbers(268, 53),
    "fchmodat2": SyscallNumbers(452, 452),
}
