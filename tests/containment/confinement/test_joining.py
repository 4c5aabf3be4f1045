"""A whole /proc is looked for where parts of /proc are covered, as in a unit of systemd that protects kernel settings."""

from __future__ import annotations

from containment.confinement.joining import find_whole_proc

PROC = "22 27 0:21 / /proc rw,relatime - proc proc rw\n"
OTHER = "40 27 0:21 / /run/agent-launcher-proc rw - proc proc rw\n"
COVERED = "41 22 0:21 /sys /proc/sys ro,relatime - proc proc rw\n"
PART = "42 27 0:21 /sys /srv/sys ro - proc proc rw\n"
AUTOFS = "43 22 0:30 / /proc/sys/fs/binfmt_misc rw - autofs systemd-1 rw\n"


def test_an_uncovered_proc_needs_no_other() -> None:
    assert find_whole_proc(PROC + OTHER) is None
    assert find_whole_proc(PROC + AUTOFS + OTHER) is None, "a folder of the kernel's that is always empty"


def test_a_covered_proc_is_replaced_by_a_whole_one() -> None:
    assert find_whole_proc(PROC + COVERED + OTHER) == "/run/agent-launcher-proc"


def test_a_part_of_proc_is_no_whole_one() -> None:
    assert find_whole_proc(PROC + COVERED + PART) is None
    assert find_whole_proc(PROC + COVERED) is None
