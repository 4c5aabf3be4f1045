"""The user id of a confined command owns nothing else and is shared with no other command."""

from __future__ import annotations

import pwd

import pytest

from containment.confinement import identity
from containment.confinement.errors import ConfinementError
from containment.confinement.identity import FREE_RANGE, reserve_identity


@pytest.fixture
def root(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setattr(identity.os, "geteuid", lambda: 0)
    monkeypatch.setattr(identity, "_read_mapped_ids", lambda _: [range(2**32 - 1)])
    return monkeypatch


def test_two_commands_never_share_one(root: pytest.MonkeyPatch) -> None:
    with reserve_identity() as first, reserve_identity() as second:
        assert first.user != second.user
        assert {first.user, second.user} <= set(FREE_RANGE)
        assert first.changed
    with reserve_identity() as again:
        assert again == first, "free again"


def test_one_that_owns_a_process_is_not_taken(root: pytest.MonkeyPatch) -> None:
    root.setattr(identity, "_find_process_owners", lambda: set(FREE_RANGE[:3]))
    with reserve_identity() as found:
        assert found.user >= FREE_RANGE[3]


def test_a_container_with_few_ids_uses_its_highest_that_is_no_account(root: pytest.MonkeyPatch) -> None:
    root.setattr(identity, "_read_mapped_ids", lambda _: [range(65536)])
    root.setattr(identity.pwd, "getpwuid", lambda number: pwd.struct_passwd(("x",) * 7) if number == 65533 else pwd.getpwnam("no such"))
    with reserve_identity() as found:
        assert found.user == 65532


def test_root_of_a_container_with_one_id_keeps_it(root: pytest.MonkeyPatch) -> None:
    root.setattr(identity, "_read_mapped_ids", lambda _: [range(1)])
    with reserve_identity() as found:
        assert not found.changed


def test_without_any_free_one_it_is_refused(root: pytest.MonkeyPatch) -> None:
    root.setattr(identity, "_find_process_owners", lambda: set(FREE_RANGE))
    with pytest.raises(ConfinementError, match="no unused user id is left"), reserve_identity():
        pass


def test_a_plain_user_keeps_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identity.os, "geteuid", lambda: 1234)
    with reserve_identity() as found:
        assert (found.user, found.changed) == (1234, False)
