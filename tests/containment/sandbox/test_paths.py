"""Paths: one spelling each, and no path is within another by accident of its letters or its links."""

from __future__ import annotations

import pytest

from containment.sandbox.paths import has_overlap, is_within, normalize, resolve_aliases


@pytest.mark.parametrize(
    ("raw", "normal"),
    [
        ("/a/b", "/a/b"),
        ("/a/b/", "/a/b"),
        ("//a///b", "/a/b"),
        ("/./a/.", "/a"),
        ("/", "/"),
        ("//", "/"),
        ("/a/../b", None),
        ("/..", None),
        ("a/b", None),
        ("", None),
        ("~/x", None),
        ("/a\0b", None),
    ],
)
def test_a_path_has_one_spelling_or_none(raw: str, normal: str | None) -> None:
    assert normalize(raw) == normal


def test_a_sibling_with_the_same_beginning_is_not_within() -> None:
    assert is_within("/home/agent/x", "/home/agent")
    assert not is_within("/home/agent2", "/home/agent")
    assert not is_within("/home", "/home/agent")
    assert is_within("/anything", "/")


def test_a_link_of_the_system_is_its_target() -> None:
    assert resolve_aliases("/bin/sh") == "/usr/bin/sh"
    assert resolve_aliases("/var/run/docker.sock") == "/run/docker.sock"
    assert has_overlap("/usr", "/bin/sh")
    assert has_overlap("/dev/fd", "/proc")
    assert not has_overlap("/binary", "/usr/bin")
