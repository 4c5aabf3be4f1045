"""Keys: derived from the passphrase, and kept where that is the lab home's own."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from containment_lab.formats.crypt import Crypter, find_key_folder
from containment_lab.home import LabHome


def test_a_kept_key_is_the_derived_one_and_is_not_derived_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = tmp_path / "keys"
    first = Crypter("phrase", kept=kept)
    sealed, salt = first.encrypt("told"), first.salt
    assert Crypter("phrase", salt).decrypt(sealed) == "told"
    assert [path.stat().st_mode & 0o777 for path in kept.iterdir()] == [0o600]

    monkeypatch.setattr(hashlib, "pbkdf2_hmac", None)
    assert Crypter("phrase", salt, kept).decrypt(sealed) == "told"


@pytest.mark.parametrize("name", ["PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE"])
def test_keys_of_a_passphrase_that_a_user_brings_are_not_kept(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert find_key_folder(LabHome(tmp_path)) == tmp_path / "keys"
    monkeypatch.setenv(name, "")
    assert find_key_folder(LabHome(tmp_path)) is None
