"""Landlock controls the rights that a kernel's version has, and a restriction is in force for everything that starts below it."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from containment.confinement.errors import ConfinementError
from containment.confinement.filesystem import landlock
from containment.confinement.filesystem.landlock import (
    Access,
    Right,
    Rule,
    compute_handled_rights,
    describe_version,
    read_version,
    restrict_self,
)

needs_landlock = pytest.mark.skipif(read_version() < 1, reason="this kernel has no Landlock")
RESTRICT = """
import sys
from containment.confinement.kernel import forbid_new_rights
from containment.confinement.filesystem.landlock import Access, Rule, restrict_self
forbid_new_rights()
restrict_self(tuple(Rule(path, Access(access)) for path, access in zip(sys.argv[1::2], sys.argv[2::2])))
"""


def restricted(text: str, *rules: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", RESTRICT + text, *rules], capture_output=True, text=True, check=False)


def test_a_version_controls_the_rights_up_to_it() -> None:
    assert compute_handled_rights(0) == Right(0)
    assert Right.REFER not in compute_handled_rights(1)
    assert {Right.EXECUTE, Right.READ_FILE, Right.MAKE_SYM} <= {*compute_handled_rights(1)}
    assert Right.TRUNCATE in compute_handled_rights(3)
    assert compute_handled_rights(7) == Right((1 << 16) - 1)
    assert describe_version(7) == "ABI 7"
    assert "truncation" in describe_version(2)


def test_no_access_includes_device_nodes_and_reading_is_no_writing() -> None:
    for access in Access:
        assert not landlock._RIGHTS[access] & (Right.MAKE_CHAR | Right.MAKE_BLOCK)
    assert not landlock._RIGHTS[Access.READ] & ~(Right.READ_FILE | Right.READ_DIR)
    assert Right.EXECUTE not in landlock._RIGHTS[Access.WRITE]


@needs_landlock
def test_paths_without_a_rule_are_denied_and_granted_ones_are_not(tmp_path: Path) -> None:
    (tmp_path / "granted").mkdir()
    (tmp_path / "granted" / "file").write_text("granted")
    (tmp_path / "other").write_text("other")
    text = f"""
folder = {str(tmp_path)!r}
print(open(folder + "/granted/file").read())
for path, mode in ((folder + "/other", "r"), (folder + "/granted/file", "w"), ("/proc/self/root" + folder + "/other", "r")):
    try: open(path, mode)
    except PermissionError: print("denied")
"""
    done = restricted(text, str(tmp_path / "granted"), "read")
    assert done.stdout.split() == ["granted", "denied", "denied", "denied"], done.stderr


@needs_landlock
def test_a_rule_for_a_path_that_is_not_there_is_an_error_unless_it_is_optional(tmp_path: Path) -> None:
    child = os.fork()
    if child == 0:
        try:
            restrict_self((Rule(str(tmp_path / "missing"), Access.READ),))
        except ConfinementError as error:
            os._exit(3 if "not visible" in str(error) else 4)
        os._exit(5)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 3


@pytest.mark.parametrize("code", [errno.ENOSYS, errno.EOPNOTSUPP])
def test_a_kernel_without_it_has_version_0_and_refuses(monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    def fail(*_: object) -> int:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(landlock.kernel, "call", fail)
    assert read_version() == 0
    with pytest.raises(ConfinementError, match=r"no Landlock: .* use Linux 5.13"):
        restrict_self(())
