"""The supervisor decides as the kernel would with the plain filter, and the reporting filter permits nothing that the plain one denies."""

from __future__ import annotations

import errno
import itertools

import pytest

from containment.confinement.system_calls.decision import decide_call
from containment.confinement.system_calls.notifications import Notification
from containment.confinement.system_calls.seccomp import ALLOW, KILL_PROCESS, NOTIFY, X32_BIT, build_program, make_refusal, read_refusal
from containment.confinement.system_calls.syscalls import AUDIT_ARCH, SYSCALLS, Machine
from containment.launcher.supervisor.reported_calls import ADDRESSES, MESSAGES, PATHS, REPORTED
from tests.containment.confinement.system_calls.filter_machine import decide

VALUES = (0, 1, 2, 8, 16, 22, 38, 0x1000, 0x4000, 0x5412, 0o4755, 0x10000000, (1 << 64) - 1, 0xABCD << 32 | 2)
machines = pytest.mark.parametrize("machine", list(Machine))


def list_calls(machine: Machine) -> list[tuple[str, Notification]]:
    named = [(name, number) for name, each in SYSCALLS.items() if (number := each.get_number(machine)) is not None]
    arguments = [tuple(value if at == place else 0 for at in range(6)) for place, value in itertools.product(range(6), VALUES)]
    arguments += [(value,) * 6 for value in VALUES]
    return [
        (name, Notification(id=1, process=1, number=number, architecture=AUDIT_ARCH[machine], arguments=each))
        for name, number in [*named, ("read", 0 if machine is Machine.X86_64 else 63)]
        for each in arguments
    ]


@machines
def test_decisions_are_those_of_an_independent_machine(machine: Machine) -> None:
    program = build_program(machine, strict=True)
    for _, call in list_calls(machine):
        assert decide_call(program, call) == decide(program, call.architecture, call.number, call.arguments)


@machines
def test_a_reporting_filter_reports_what_the_plain_one_denies_and_permits_no_more(machine: Machine) -> None:
    plain, reporting = build_program(machine, strict=True), build_program(machine, strict=True, reported=REPORTED)
    missing = make_refusal(errno.ENOSYS)
    for name, call in list_calls(machine):
        wanted = decide_call(plain, call)
        found = decide_call(reporting, call)
        if wanted == missing:
            assert found == missing, name
        elif wanted == ALLOW:
            is_connected = name == "sendto" and call.arguments[4] == 0
            assert found == (NOTIFY if name in REPORTED and not is_connected else ALLOW), name
        else:
            assert found == NOTIFY, name
            assert read_refusal(wanted) in {errno.EPERM, errno.EAFNOSUPPORT, errno.EPROTONOSUPPORT}, name


@machines
def test_other_architectures_end_the_process_in_every_filter(machine: Machine) -> None:
    for options in ({"strict": True}, {"strict": True, "reported": REPORTED}):
        program = build_program(machine, **options)  # type: ignore[arg-type]
        assert decide(program, 0x40000003, 39) == KILL_PROCESS
        if machine is Machine.X86_64:
            assert decide(program, AUDIT_ARCH[machine], X32_BIT | 59) == KILL_PROCESS


@machines
def test_a_strict_filter_denies_code_from_memory_and_handles(machine: Machine) -> None:
    program = build_program(machine, strict=True)

    def call(name: str, *arguments: int) -> int:
        number = SYSCALLS[name].get_number(machine)
        assert number is not None
        return decide(program, AUDIT_ARCH[machine], number, arguments)

    denied = make_refusal(errno.EPERM)
    assert [call("memfd_create", 0, flags) for flags in (0, 1, 2, 0x10)] == [denied] * 4
    assert call("memfd_create", 0, 8) == ALLOW, "the kernel seals it against execution"
    assert call("execveat", 3, 0, 0, 0, 0x1000) == denied
    assert call("execveat", 3, 0, 0, 0, 0x100) == ALLOW
    assert call("seccomp", 1, 8) == denied
    assert call("prctl", 22, 2) == denied
    assert call("prctl", 38, 1) == ALLOW
    assert (call("pidfd_open", 1), call("pidfd_send_signal", 1)) == (denied, denied)


@machines
def test_the_confinement_of_the_lab_is_unchanged(machine: Machine) -> None:
    program = build_program(machine)
    for name in ("memfd_create", "pidfd_open", "seccomp", "prctl", "execve", "execveat", "rename", "mkdirat"):
        if (number := SYSCALLS[name].get_number(machine)) is not None:
            assert decide(program, AUDIT_ARCH[machine], number, (22, 2, 0, 0, 0x1000)) == ALLOW


def test_every_reported_call_has_its_paths_or_its_address() -> None:
    assert PATHS.keys() | ADDRESSES.keys() | MESSAGES.keys() == REPORTED
    assert len(PATHS) + len(ADDRESSES) + len(MESSAGES) == len(REPORTED)
