"""Ports of lab homes: two homes never share one, also while neither listens, and a claim ends with its home."""

from __future__ import annotations

import json
import shutil
import socket
from dataclasses import asdict
from itertools import pairwise
from pathlib import Path

import pytest

from containment_lab import ports
from containment_lab.errors import HomeError
from containment_lab.home import LabHome
from containment_lab.ports import Ports


@pytest.fixture(autouse=True)
def blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    """Claims in a separate folder, and room for twelve homes; returns how many blocks are free on this machine now."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(ports, "FIRST_PORT", 61100)  # above the range of outgoing connections: nothing else of the tests is there
    monkeypatch.setattr(ports, "LAST_PORT", 61147)
    return 12


def make_homes(tmp_path: Path, count: int) -> list[LabHome]:
    return [LabHome(tmp_path / f"home {number}") for number in range(count)]


def test_no_two_homes_share_a_port_although_none_of_them_listens(tmp_path: Path, blocks: int) -> None:
    chosen = sorted(port for home in make_homes(tmp_path, blocks) for port in asdict(home.get_ports()).values())
    assert all(a != b for a, b in pairwise(chosen))
    with pytest.raises(HomeError, match=r"no 4 free ports in a row from 61100 to 61147 .*\n.*\n    fix: .*`containment lab down`"):
        LabHome(tmp_path / "one more").get_ports()


def test_a_home_keeps_its_ports_and_frees_them_with_its_folder(tmp_path: Path, blocks: int) -> None:
    homes = make_homes(tmp_path, blocks)
    kept = [home.get_ports() for home in homes]
    assert [home.get_ports() for home in homes] == kept
    shutil.rmtree(homes[3].root)
    assert LabHome(tmp_path / "the next").get_ports() == kept[3]


def test_a_port_in_use_is_not_chosen(tmp_path: Path, blocks: int) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 61102))
        chosen = {home.get_ports() for home in make_homes(tmp_path, blocks - 1)}
        assert Ports(61100, 61101, 61102, 61103) not in chosen
        with pytest.raises(HomeError, match="no 4 free ports"):
            LabHome(tmp_path / "one more").get_ports()


@pytest.mark.parametrize("record", ["", "[]", "{"])
def test_a_claim_whose_home_cannot_be_read_stays(tmp_path: Path, blocks: int, record: str) -> None:
    homes = make_homes(tmp_path, blocks)
    for home in homes:
        home.get_ports()
    (homes[0].root / "ports.json").write_text(record)
    with pytest.raises(HomeError, match="no 4 free ports"):
        LabHome(tmp_path / "one more").get_ports()


def test_a_home_with_other_ports_has_given_up_its_claim(tmp_path: Path, blocks: int) -> None:
    homes = make_homes(tmp_path, blocks)
    kept = [home.get_ports() for home in homes]
    (homes[0].root / "ports.json").write_text(json.dumps(asdict(Ports(1, 2, 3, 4))))
    assert LabHome(tmp_path / "the next").get_ports() == kept[0]


def test_every_user_may_add_claims_and_remove_only_their_own(tmp_path: Path) -> None:
    LabHome(tmp_path / "first").get_ports()
    assert (tmp_path / "containment-lab-ports").stat().st_mode & 0o7777 == 0o1777
