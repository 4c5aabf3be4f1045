"""Homes and projects are looked for where users and agents have them, and nothing huge or unreadable is walked in silence."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from containment.discovery.files import OWN_ROOT, Root
from containment.discovery.inventory import Reader, UnseenLog
from containment.discovery.places import Place, expand, find_homes, find_projects, find_users, walk_folders
from containment.discovery.processes import ProcessFacts


def make_process(folder: str) -> ProcessFacts:
    return ProcessFacts(
        pid=7, parent=1, uid=0, name="node", arguments=(), program="/usr/bin/node", is_deleted=False, folder=folder, started=0.0,
        namespaces={}, container="",
    )  # fmt: skip


def test_homes_are_those_of_passwd_and_of_the_home_folder(tmp_path: Path) -> None:
    for name in ("etc", "home/ada", "home/bob", "srv/agent"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "etc/passwd").write_text(
        "ada:x:1000:1000::/home/ada:/bin/sh\nagent:x:1001:1001::/srv/agent:/bin/sh\nbroken\nx:x:9:9::/:/\n"
    )
    root, unseen = Root(str(tmp_path), "docker 1"), UnseenLog()
    assert [one.path for one in find_homes(root, (), unseen)] == ["/home/ada", "/srv/agent", "/home/bob"]
    assert find_users(root, unseen) == {1000: "ada", 1001: "agent", 9: "x"}
    assert unseen.list() == ()


def test_a_home_of_the_environment_and_of_an_option_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "one"))
    found = [one.path for one in find_homes(OWN_ROOT, [str(tmp_path / "two")], UnseenLog())]
    assert found[-2:] == [str(tmp_path / "one"), str(tmp_path / "two")]


def test_projects_are_those_given_remembered_and_of_agents(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("given/deep", "given/node_modules/x", "remembered", "home", "work/app/src", "here"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "home/.claude.json").write_text(json.dumps({"projects": {str(tmp_path / "remembered"): {}, "relative": {}}}))
    monkeypatch.chdir(tmp_path / "here")
    home = Place(root=OWN_ROOT, path=str(tmp_path / "home"))
    agent = make_process(str(tmp_path / "work/app/src"))
    found = {one.path for one in find_projects([tmp_path / "given"], [agent, make_process("/")], [home], UnseenLog())}
    wanted = ("given", "given/deep", "remembered", "work/app/src", "work/app", "work", "here", "home")
    assert {str(tmp_path / name) for name in wanted} | {"/"} <= found
    assert not any("node_modules" in path for path in found)


def test_a_huge_tree_is_cut_and_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("containment.discovery.places._MOST_FOLDERS", 5)
    for number in range(9):
        (tmp_path / str(number)).mkdir()
    unseen = UnseenLog()
    assert len([*walk_folders(OWN_ROOT, str(tmp_path), 2, Reader.SKILLS, unseen)]) == 5
    assert "more than the 5 folders" in unseen.list()[0].reason


def test_a_path_of_the_data_is_in_every_home_project_or_root() -> None:
    homes = [Place(root=OWN_ROOT, path="/home/ada"), Place(root=Root("/proc/7/root", "docker 1"), path="/root")]
    projects = [Place(root=OWN_ROOT, path="/")]
    roots = [OWN_ROOT]
    assert [one.shown for one in expand("~/.x", homes, projects, roots)] == ["/home/ada/.x", "docker 1:/root/.x"]
    assert [one.path for one in expand("<project>/.x", homes, projects, roots)] == ["/.x"]
    assert [one.path for one in expand("/etc/x", homes, projects, roots)] == ["/etc/x"]
