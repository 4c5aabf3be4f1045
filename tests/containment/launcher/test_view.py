"""A command sees what its profile grants, and code is executable only where the profile lists a program or the loader needs a library."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from containment.confinement.filesystem.landlock import Access, Rule
from containment.confinement.profile import HOME
from containment.errors import InputError
from containment.launcher.programs import find_programs, read_loader
from containment.launcher.settings import parse_settings
from containment.launcher.view import PROGRAM_FOLDERS, View, build_view
from tests.containment.launcher.profiles import build_document

pytestmark = pytest.mark.skipif(not Path("/usr/bin/python3").exists(), reason="the system's Python is a program with a link")


def view(command: str = "bash", home: Path | None = Path("/usr"), **changes: Any) -> View:
    return build_view(parse_settings(json.dumps(build_document(**changes)), "p.json"), (command,), home, {})


def problems(command: str = "bash", home: Path | None = Path("/usr"), **changes: Any) -> list[str]:
    with pytest.raises(InputError) as raised:
        view(command, home, **changes)
    return [f"{one.where}: {one.what}; {one.fix}" for one in raised.value.problems]


def test_only_listed_programs_and_their_loaders_may_be_executed() -> None:
    executable = {rule.path for rule in view().rules if rule.access is Access.EXECUTE}
    listed = {os.path.realpath(path) for path in build_document()["programs"]}
    loader = read_loader("/usr/bin/bash")
    assert loader is not None
    assert executable == listed | {os.path.realpath(loader)}


def test_folders_for_programs_are_no_code_and_listed_programs_in_them_are() -> None:
    mounts = {mount.path: mount for mount in view().profile.mounts}
    assert mounts["/usr"].executable, "it has libraries"
    assert not any(mounts[path].executable for path in PROGRAM_FOLDERS if path in mounts)
    assert mounts[os.path.realpath("/usr/bin/bash")].executable
    assert "/usr/bin/id" not in mounts
    order = [mount.path for mount in view().profile.mounts]
    assert order.index("/usr") < order.index("/usr/bin") < order.index(os.path.realpath("/usr/bin/bash"))


def test_what_the_command_writes_is_no_code() -> None:
    assert not any(mount.executable for mount in view().profile.mounts if mount.writable)


def test_a_folder_with_a_listed_program_or_a_link_to_one_has_its_libraries_and_another_is_no_code(tmp_path: Path) -> None:
    for name in ("tools", "data"):
        (tmp_path / name / "bin").mkdir(parents=True)
    (tmp_path / "tools" / "bin" / "python").symlink_to("/usr/bin/python3")
    files = {"readOnly": ["/usr", f"{tmp_path}/tools", f"{tmp_path}/data"], "readWrite": []}
    found = view(files=files, programs=["/usr/bin/bash", f"{tmp_path}/tools/bin/python"], home=None)
    mounts = {mount.path: mount.executable for mount in found.profile.mounts}
    assert mounts[f"{tmp_path}/tools"]
    assert not mounts[f"{tmp_path}/data"]
    assert Rule(os.path.realpath("/usr/bin/python3"), Access.EXECUTE) in found.rules


def test_without_a_grant_of_usr_only_libraries_and_listed_programs_are_visible() -> None:
    found = view(files={"readOnly": [], "readWrite": []}, home=None)
    paths = {mount.path for mount in found.profile.mounts}
    assert "/usr" not in paths
    assert "/usr/bin/bash" in paths
    assert str(HOME) not in paths
    assert "/tmp" not in paths
    assert found.folder == "/"


def test_a_program_that_is_not_listed_is_refused_with_those_that_are() -> None:
    (problem,) = problems("id", programs=["/usr/bin/true"])
    assert problem == "id: is not a program of the profile; start one of /usr/bin/true"
    assert "none of them is installed" in problems("id", programs=["/usr/bin/no-such-program"])[0]
    assert problems("/usr/bin/../bin/bash"), "compared as it is spelled"


@pytest.mark.parametrize(
    ("path", "what"),
    [
        ("/no/such/folder", "does not exist on this machine; mkdir -p /no/such/folder"),
        ("/home", f"contains {HOME}"),
        ("/", f"contains {HOME}"),
        ("/dev", "contains folders of the launcher"),
        ("/proc/sys", "contains folders of the launcher"),
    ],
)
def test_a_write_grant_that_cannot_be_confined_is_refused(path: str, what: str) -> None:
    assert any(what in problem for problem in problems(files={"readOnly": [], "readWrite": [path]}))


def test_a_grant_in_the_home_must_exist_there(tmp_path: Path) -> None:
    files = {"readOnly": [], "readWrite": [f"{HOME}/work"]}
    assert f"mkdir -p {tmp_path}/work" in problems(home=tmp_path, files=files)[0]
    (tmp_path / "work").mkdir()
    written = {rule.path for rule in view(home=tmp_path, files=files).rules if rule.access is Access.WRITE}
    assert written == {f"{HOME}/work", "/dev/shm"}, "not the home itself"


def test_grants_that_this_machine_lacks_are_noted() -> None:
    found = view(files={"readOnly": ["/usr", "/srv/no-such"], "readWrite": []}, programs=["/usr/bin/bash", "/usr/bin/no-such"], home=None)
    assert [note.partition(":")[0] for note in found.notes] == ["/srv/no-such", "/usr/bin/no-such"]
    assert "/srv/no-such" not in {rule.path for rule in found.rules}


def test_a_pattern_of_programs_covers_one_folder_only(tmp_path: Path) -> None:
    for name in ("git-http", "git-note", "other"):
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755 if name != "git-note" else 0o644)
    (tmp_path / "git-folder").mkdir()
    assert set(find_programs([f"{tmp_path}/git-*"])) == {f"{tmp_path}/git-http"}, "executable files only"
    assert find_programs([f"{tmp_path}/missing/*"]) == {}


def test_the_loader_of_a_file_that_is_no_program_is_none(tmp_path: Path) -> None:
    for content in (b"", b"\x7fELF", b"#!/bin/sh\n", b"\x7fELF\x02\x01" + b"\xff" * 100):
        (tmp_path / "file").write_bytes(content)
        assert read_loader(str(tmp_path / "file")) is None
    assert read_loader(str(tmp_path / "missing")) is None
