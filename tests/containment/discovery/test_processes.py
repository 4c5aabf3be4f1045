"""Containers are recognized by their control group, and the services that manage them are none."""

from __future__ import annotations

import os
import signal

import pytest

from containment.discovery.inventory import UnseenLog
from containment.discovery.processes import _CONTAINER, find_ancestors, read_namespaces, read_processes

ID = "0123456789abcdef" * 4


@pytest.mark.parametrize(
    ("text", "kind", "id_"),
    [
        (f"0::/system.slice/docker-{ID}.scope\n", "docker", ID),
        (f"12:pids:/docker/{ID}\n11:cpu:/docker/{ID}\n", "docker", ID),
        (f"0::/kubepods.slice/kubepods-burstable.slice/kubepods-podaa11.slice/cri-containerd-{ID}.scope", "kubepods", ID),
        (f"0::/machine.slice/libpod-{ID}.scope", "machine.slice", ID),
        ("0::/lxc.payload.web/init.scope", "lxc.payload", None),
        ("0::/lxc/web", "lxc", None),
    ],
)
def test_the_control_group_of_a_container_is_recognized(text: str, kind: str, id_: str | None) -> None:
    found = _CONTAINER.search(text)
    assert found is not None
    assert (found["kind"], found["id"]) == (kind, id_)


@pytest.mark.parametrize(
    "group",
    [
        "/system.slice/docker.service",
        "/system.slice/docker.socket",
        "/system.slice/containerd.service",
        "/system.slice/crio.service",
        "/system.slice/lxc.service",
        "/system.slice/systemd-machined.service",
        "/user.slice/user-1000.slice/session-1.scope",
        "/init.scope",
        "/",
    ],
)
def test_other_control_groups_are_no_containers(group: str) -> None:
    assert _CONTAINER.search(f"0::{group}\n") is None


def test_a_process_that_ends_meanwhile_is_left_out() -> None:
    child = os.fork()
    if child == 0:
        signal.pause()
    os.kill(child, signal.SIGKILL)  # it is a zombie until it is waited for
    try:
        found = {one.pid for one in read_processes(UnseenLog())}
    finally:
        os.waitpid(child, 0)
    assert child not in found
    assert os.getpid() not in found
    assert read_namespaces(child) == {}


def test_ancestors_end_at_a_cycle() -> None:
    assert [*find_ancestors(4, {4: 3, 3: 2, 2: 3})] == [3, 2]
    assert [*find_ancestors(1, {1: 0})] == []
