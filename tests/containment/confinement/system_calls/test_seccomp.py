"""The system call filter refuses what it names on both architectures, whatever the high bits, and nothing that ordinary programs need."""

from __future__ import annotations

import ctypes
import ctypes.util
import errno
import signal
import socket
from types import SimpleNamespace

import pytest

from containment.confinement.errors import ConfinementError
from containment.confinement.system_calls import seccomp
from containment.confinement.system_calls.seccomp import ALLOW, KILL_PROCESS, TIOCSTI, X32_BIT, build_program, make_refusal
from containment.confinement.system_calls.syscalls import AUDIT_ARCH, SYSCALLS, Machine
from tests.containment.confinement.system_calls.filter_machine import decide

DENIED, MISSING = make_refusal(errno.EPERM), make_refusal(errno.ENOSYS)
HIGH = 0xABCD << 32
O_CREAT, O_TMPFILE = 0o100, 0o20200000
NEW_USER, NEW_NET = 0x10000000, 0x40000000
THREAD = 0x3D0F00
"""The flags of pthread_create."""
machines = pytest.mark.parametrize("machine", list(Machine))


def call(machine: Machine, name: str, *arguments: int) -> int:
    number = SYSCALLS[name].get_number(machine)
    assert number is not None
    return decide(build_program(machine), AUDIT_ARCH[machine], number, arguments)


@machines
@pytest.mark.parametrize(
    "name",
    [
        *("mount", "umount2", "pivot_root", "chroot", "setns", "ptrace", "process_vm_readv", "process_vm_writev", "pidfd_getfd", "bpf"),
        *("keyctl", "add_key", "request_key", "perf_event_open", "kexec_load", "kexec_file_load", "init_module", "finit_module"),
        *("delete_module", "open_by_handle_at", "userfaultfd", "io_uring_setup", "move_mount", "fsopen", "open_tree", "clock_settime"),
    ],
)
def test_it_is_refused_with_any_arguments(machine: Machine, name: str) -> None:
    for arguments in ((), (1, 2, 3), (-1,) * 6):
        assert call(machine, name, *arguments) == DENIED


@machines
@pytest.mark.parametrize("name", ["clone3", "openat2", "fchmodat2"])
def test_what_a_filter_cannot_read_is_not_there(machine: Machine, name: str) -> None:
    assert call(machine, name) == MISSING


@machines
def test_processes_and_threads_start_and_namespaces_do_not(machine: Machine) -> None:
    for harmless in (THREAD, signal.SIGCHLD, 0x4111):
        assert call(machine, "clone", harmless) == ALLOW
    for flag in (0x00020000, 0x02000000, 0x04000000, 0x08000000, NEW_USER, 0x20000000, NEW_NET):
        for flags in (flag, flag | signal.SIGCHLD, flag | HIGH):
            assert call(machine, "clone", flags) == DENIED
            assert call(machine, "unshare", flags) == DENIED
    assert call(machine, "unshare", 0x80) == DENIED, "a time namespace"
    assert call(machine, "unshare", 0x400) == ALLOW, "own file descriptors"


@machines
def test_nothing_is_typed_into_the_terminal(machine: Machine) -> None:
    for request in (TIOCSTI, TIOCSTI | HIGH, 0x541C, 0x5423):
        assert call(machine, "ioctl", 0, request) == DENIED
    for request in (0x5401, 0x5410, 0x5413):  # settings, foreground group, size
        assert call(machine, "ioctl", 0, request) == ALLOW


@machines
def test_sockets_are_unix_ip_and_routing(machine: Machine) -> None:
    for family in (socket.AF_UNIX, socket.AF_INET, socket.AF_INET6):
        assert call(machine, "socket", family, 1, 0) == ALLOW
    assert call(machine, "socket", socket.AF_NETLINK, 3, 0) == ALLOW
    for protocol in (9, 12, 15, 16):
        assert call(machine, "socket", socket.AF_NETLINK, 3, protocol) == make_refusal(errno.EPROTONOSUPPORT)
    for family in (17, 38, 40, 44, 2 | 1 << 8):
        assert call(machine, "socket", family) == make_refusal(errno.EAFNOSUPPORT)


@machines
def test_no_file_gets_the_set_user_id_bit(machine: Machine) -> None:
    for name, position in (("fchmod", 1), ("fchmodat", 2), ("mknodat", 2)):
        for mode, result in ((0o755, ALLOW), (0o4755, DENIED), (0o2755, DENIED), (0o4755 | HIGH, DENIED)):
            assert call(machine, name, *(0,) * position, mode) == result
    assert call(machine, "openat", 0, 0, O_CREAT, 0o4755) == DENIED
    assert call(machine, "openat", 0, 0, O_TMPFILE, 0o4755) == DENIED
    assert call(machine, "openat", 0, 0, O_CREAT, 0o644) == ALLOW
    assert call(machine, "openat", 0, 0, 0, 0o4755) == ALLOW, "the mode is not used"


@machines
def test_calls_of_another_architecture_end_the_process(machine: Machine) -> None:
    text = build_program(machine)
    for architecture in (0x40000003, 0x40000028, *(each for key, each in AUDIT_ARCH.items() if key is not machine)):
        assert decide(text, architecture, 39) == KILL_PROCESS
    if machine is Machine.X86_64:
        assert decide(text, AUDIT_ARCH[machine], X32_BIT | 39) == KILL_PROCESS


@machines
def test_every_other_call_is_allowed(machine: Machine) -> None:
    text = build_program(machine)
    named = {numbers.get_number(machine) for numbers in SYSCALLS.values()}
    assert all(decide(text, AUDIT_ARCH[machine], number) == ALLOW for number in range(440) if number not in named)


@machines
def test_the_numbers_are_those_of_libseccomp(machine: Machine) -> None:
    found = ctypes.util.find_library("seccomp")
    if found is None:
        pytest.skip("libseccomp is not on this machine; install the package libseccomp2")
    library = ctypes.CDLL(found)
    compared = 0
    for name, numbers in SYSCALLS.items():
        known = library.seccomp_syscall_resolve_name_arch(AUDIT_ARCH[machine], name.encode())
        if known >= 0:
            assert numbers.get_number(machine) == known, name
            compared += 1
    assert compared > 50, "only the newest calls are unknown to an old libseccomp"


def test_a_machine_without_a_filter_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seccomp.os, "uname", lambda: SimpleNamespace(machine="riscv64"))
    with pytest.raises(ConfinementError, match=r"no system call filter for riscv64: .* x86_64 and aarch64 only"):
        seccomp.get_current_machine()
