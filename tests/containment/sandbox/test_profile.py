"""The launcher's profile is closed: every key is required, none is unknown, and what is not understood is refused.

A program that is listed by a link is permitted by its file as well, and no file gets more than each of its listed paths has.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from containment.errors import InputError
from containment.launcher.programs import find_programs
from containment.local_proxy.rules.decision import Permit, Policy
from containment.local_proxy.rules.destination import parse_authority
from containment.renderings.kinds import RenderingKind
from containment.sandbox.inclusion import Layer, find_widenings
from containment.sandbox.profile import LauncherProfile, add_real_programs, format_profile, parse_profile, read_permissions
from tests.containment.local_proxy.samples import make_entry, make_profile
from tests.containment.renderings.artifacts import document_of


def paths_of(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if not isinstance(value, dict):
        return []
    return [path for key, inner in value.items() for path in ((*at, key), *paths_of(inner, (*at, key)))]


DOCUMENT = document_of(RenderingKind.LAUNCHER, "research-enforce")
KEYS = [path for path in paths_of(DOCUMENT) if path[0] != "limits" or len(path) == 1]


def refused(document: Any) -> list[str]:
    with pytest.raises(InputError) as raised:
        parse_profile(json.dumps(document), "profile.json")
    return [one.where for one in raised.value.problems]


def test_the_text_is_read_back_as_it_was_written() -> None:
    profile = parse_profile(json.dumps(DOCUMENT), "profile.json")
    assert parse_profile(format_profile(profile), "profile.json") == profile


@pytest.mark.parametrize("path", KEYS, ids=".".join)
def test_a_missing_key_is_refused(path: tuple[str, ...]) -> None:
    document = json.loads(json.dumps(DOCUMENT))
    inner = document
    for step in path[:-1]:
        inner = inner[step]
    del inner[path[-1]]
    assert refused(document) == [f"profile.json:{'.'.join(path)}"]


def test_unknown_keys_and_values_are_all_reported_at_once() -> None:
    document = {**json.loads(json.dumps(DOCUMENT)), "extra": 1, "network": "host", "default": "allow"}
    document["egress"][0]["scheme"] = "http"
    document["egress"][0]["ports"] = [{"first": 9, "last": 8}]
    expected = ("default", "egress.0.ports.0", "egress.0.scheme", "extra", "network")
    assert {f"profile.json:{key}" for key in expected} <= set(refused(document))


def test_a_key_that_is_set_twice_is_refused() -> None:
    text = json.dumps(DOCUMENT)[:-1] + ', "network": "proxy"}'
    with pytest.raises(InputError, match="twice"):
        parse_profile(text, "profile.json")


FILES = ("/usr/bin/python3.11", "/usr/bin/busybox")
PATHS = (*FILES, "/usr/bin/python3", "/usr/bin/sh", "/usr/bin/wget")
HOSTS = ("api.example.com", "docs.example.com")


def reaches(profile: LauncherProfile, program: str, host: str) -> bool:
    return isinstance(Policy(profile).decide_tunnel((program,), parse_authority(f"{host}:443")), Permit)


@given(
    st.sets(st.tuples(st.sampled_from(PATHS), st.sampled_from(HOSTS))),
    st.sets(st.sampled_from(PATHS), min_size=1),
    st.lists(st.sampled_from(FILES), min_size=3, max_size=3),
)
def test_a_file_gets_what_every_listed_path_of_it_has(grants: set[tuple[str, str]], listed: set[str], targets: list[str]) -> None:
    real_paths = dict(zip(PATHS, [*FILES, *targets], strict=True))
    profile = make_profile(*(make_entry(path, host=host) for path, host in sorted(grants)), programs=tuple(sorted(listed)))
    resolved = add_real_programs(profile, {path: real_paths[path] for path in listed})
    for file in FILES:
        spellings = [path for path in listed if real_paths[path] == file]
        for host in HOSTS:
            has_all = bool(spellings) and all((path, host) in grants for path in spellings)
            has_own = bool(spellings) and (file, host) in grants
            assert reaches(resolved, file, host) is (has_all or has_own), (file, host)
    assert not find_widenings(read_permissions(profile), read_permissions(resolved)), "nothing is taken away"
    for widening in find_widenings(read_permissions(resolved), read_permissions(profile)):
        assert widening.layer in (Layer.RUN, Layer.CONNECT), widening
        assert any(file in widening.counterexample for file in FILES), widening


def test_the_analyser_sees_a_file_that_got_more_than_its_links() -> None:
    """The planted failure: a connection of one of two links, given to the file of both."""
    profile = make_profile(make_entry("/usr/bin/wget"), programs=("/usr/bin/wget", "/usr/bin/sh"))
    planted = make_profile(make_entry("/usr/bin/wget"), make_entry("/usr/bin/busybox"), programs=("/usr/bin/wget", "/usr/bin/sh"))
    resolved = add_real_programs(profile, dict.fromkeys(("/usr/bin/wget", "/usr/bin/sh"), "/usr/bin/busybox"))
    assert [one.layer for one in find_widenings(read_permissions(planted), read_permissions(resolved))] == [Layer.CONNECT]


@pytest.mark.parametrize("pattern", ["tool", "to*"])
def test_the_links_of_this_machine_are_resolved_by_name_and_by_wildcard(tmp_path: Path, pattern: str) -> None:
    real = tmp_path / "lib" / "tool-1.2"
    real.parent.mkdir()
    real.write_text("")
    real.chmod(0o755)
    (tmp_path / "tool").symlink_to(tmp_path / "between")
    (tmp_path / "between").symlink_to("lib/tool-1.2")
    listed = f"{tmp_path}/{pattern}"
    profile = make_profile(make_entry(listed), programs=(listed,))
    assert not reaches(profile, os.path.realpath(real), "api.example.com")
    assert reaches(add_real_programs(profile, find_programs([listed])), os.path.realpath(real), "api.example.com")


def test_a_profile_without_links_is_unchanged() -> None:
    profile = make_profile(make_entry(FILES[0]), programs=FILES)
    assert add_real_programs(profile, {path: path for path in FILES}) == profile
