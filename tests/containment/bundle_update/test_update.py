"""Whatever fails, the last good bundle stays active, and the active revision never goes down."""

from __future__ import annotations

import random
import shutil
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from containment.bundle.files import BundleFiles
from containment.bundle.index import LAUNCHER_FILE
from containment.bundle.manifest import FILE
from containment.bundle.refusal import BundleCode, BundleRefusal
from containment.bundle_update.events import EventKind
from containment.bundle_update.sources import FolderSource
from containment.bundle_update.status import read_status, write_last_run
from containment.bundle_update.update import Result, Run, restore_counter, update
from tests.containment.bundle.desk import NOW, POLICY, STACK, Desk
from tests.containment.bundle_update.host import Host


@pytest.fixture
def host(tmp_path: Path) -> Host:
    """A host on which revision 7 is active."""
    found = Host(tmp_path)
    found.publish(7)
    assert found.run().result is Result.ACTIVATED
    return found


def find_code(host: Host, days: float = 0) -> BundleCode:
    """Run the updater, which must refuse and leave revision 7 active."""
    found = host.run(days)
    assert found.result is Result.REFUSED
    assert found.refusal is not None
    assert found.live is None or found.live.manifest.revision == 7
    assert host.read_revision() == 7
    return found.refusal.code


def test_a_higher_revision_replaces_the_active_one_and_the_same_is_unchanged(host: Host) -> None:
    assert host.run().result is Result.UNCHANGED
    host.publish(9)
    assert host.run().result is Result.ACTIVATED
    assert host.read_revision() == 9
    assert host.run().result is Result.UNCHANGED


def test_the_version_before_stays_and_older_ones_are_removed(host: Host) -> None:
    for revision in (8, 9, 10):
        host.publish(revision)
        host.run()
    assert sorted(path.name.split("-")[0] for path in host.places.versions.iterdir()) == ["10", "9"]


def test_each_refused_bundle_leaves_the_last_good_one_active(host: Host) -> None:
    good = host.desk.make(revision=8)
    planted = {
        BundleCode.UNKNOWN_SIGNER: Desk().make(revision=8),
        BundleCode.BAD_SIGNATURE: BundleFiles({**good.contents, FILE: good.contents[FILE].replace(b"a bundle", b"x bundle")}),
        BundleCode.NON_CANONICAL: BundleFiles({**good.contents, FILE: good.contents[FILE].replace(b"id: ", b"id: &a ", 1)}),
        BundleCode.ALTERED_MEMBER: BundleFiles({**good.contents, LAUNCHER_FILE: b"{}"}),
        BundleCode.EXTRA_MEMBER: BundleFiles({**good.contents, "more": b""}),
        BundleCode.MISSING_MEMBER: BundleFiles({path: data for path, data in good.contents.items() if path != LAUNCHER_FILE}),
        BundleCode.EXPIRED: host.desk.make(revision=8, expires_at=NOW),
        BundleCode.NOT_YET_VALID: host.desk.make(revision=8, not_before=NOW + timedelta(seconds=1)),
        BundleCode.LOWER_REVISION: host.desk.make(revision=6),
        BundleCode.OTHER_DIGEST: host.desk.make(revision=7, description="another"),
        BundleCode.OTHER_STACK: host.desk.make(host.desk.make_members(stack="prod"), revision=8, id="agent-containment/prod"),
        BundleCode.UNFIT_MEMBER: host.desk.make(host.desk.make_members(stack="prod"), revision=8),
        BundleCode.TOO_LARGE: BundleFiles({**good.contents, "big": b"x" * (1 << 21)}),
        BundleCode.SOURCE_UNREADABLE: BundleFiles({"index.json": b"{}"}),
    }
    for code, files in planted.items():
        host.publish_files(files)
        assert find_code(host) is code
    host.publish_files(good)
    assert host.run().result is Result.ACTIVATED, "the control: the same bundle without a fault"


def test_a_link_in_the_source_is_refused(host: Host) -> None:
    host.publish(8)
    (host.source / LAUNCHER_FILE).unlink()
    (host.source / LAUNCHER_FILE).symlink_to(host.places.trust_root)
    assert find_code(host) is BundleCode.SPECIAL_MEMBER


def test_a_wrong_clock_leaves_the_last_good_bundle_active(host: Host) -> None:
    host.publish(8)
    assert find_code(host, days=-20000) is BundleCode.NOT_YET_VALID
    assert find_code(host, days=20000) is BundleCode.EXPIRED
    assert host.run().result is Result.ACTIVATED


def test_an_expired_active_bundle_stays_and_its_status_is_a_problem(host: Host) -> None:
    late = NOW + timedelta(days=31)
    assert find_code(host, days=31) is BundleCode.EXPIRED
    found = read_status(host.places, STACK, "host", late)
    assert found.document["live"]["revision"] == "7"
    assert any("expired" in problem for problem in found.problems)


def test_the_counter_survives_a_new_installation(host: Host) -> None:
    shutil.rmtree(host.places.bundles)
    host.publish(6)
    refused = host.run()
    assert refused.refusal is not None
    assert refused.refusal.code is BundleCode.LOWER_REVISION
    assert host.read_revision() == 0
    host.publish(7, description="another")
    refused = host.run()
    assert refused.refusal is not None
    assert refused.refusal.code is BundleCode.OTHER_DIGEST
    host.publish(7)
    assert host.run().result is Result.ACTIVATED, "the accepted bundle may be installed again"


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{}",
        "7",
        "\0" * 20,
        '{"digest": "sha256:x", "revision": "7", "schema": "containment-bundle-counter/v1", "stack": "dev"}',
        f'{{"digest": "{POLICY}", "revision": "0", "schema": "containment-bundle-counter/v1", "stack": "dev"}}',
        f'{{"digest": "{POLICY}", "revision": 7, "schema": "containment-bundle-counter/v1", "stack": "dev"}}',
        f'{{"digest": "{POLICY}", "revision": "6", "schema": "containment-bundle-counter/v1", "stack": "dev"}}',
        f'{{"digest": "{POLICY}", "revision": "7", "schema": "containment-bundle-counter/v1", "stack": "dev"}}',
        f'{{"digest": "{POLICY}", "revision": "9", "schema": "containment-bundle-counter/v1", "stack": "prod"}}',
    ],
)
def test_a_counter_that_cannot_be_relied_on_refuses_every_bundle(host: Host, content: str) -> None:
    host.publish(8)
    host.places.get_counter(STACK).write_text(content)
    assert find_code(host) is BundleCode.COUNTER_UNREADABLE
    assert restore_counter(host.places, STACK).revision == 7
    assert host.run().result is Result.ACTIVATED


def test_a_missing_counter_is_no_permission_for_an_older_bundle(host: Host) -> None:
    host.places.get_counter(STACK).unlink()
    host.publish(1)
    assert find_code(host) is BundleCode.COUNTER_UNREADABLE
    host.places.get_counter(STACK).mkdir()
    assert find_code(host) is BundleCode.COUNTER_UNREADABLE


def test_a_usable_counter_is_not_lowered_by_restoring_it(host: Host) -> None:
    host.places.get_counter(STACK).write_text(
        f'{{"digest":"{POLICY}","revision":"12","schema":"containment-bundle-counter/v1","stack":"dev"}}\n'
    )
    with pytest.raises(BundleRefusal, match="is usable"):
        restore_counter(host.places, STACK)
    host.publish(11)
    assert find_code(host) is BundleCode.LOWER_REVISION


def test_a_damaged_active_bundle_is_reported_and_replaced_by_the_same_revision(host: Host) -> None:
    (host.places.active / LAUNCHER_FILE).write_text("{}")
    assert any("cannot be used" in one for one in read_status(host.places, STACK, "host", NOW).problems)
    assert host.run().result is Result.ACTIVATED
    assert host.read_revision() == 7


def test_a_folder_or_trust_root_that_others_may_write_is_refused(host: Host) -> None:
    host.publish(8)
    for path, code in (
        (host.places.bundles, BundleCode.PLACE_UNUSABLE),
        (host.places.versions, BundleCode.PLACE_UNUSABLE),
        (host.places.counters, BundleCode.PLACE_UNUSABLE),
        (host.places.trust_root, BundleCode.TRUST_UNUSABLE),
        (host.places.trust_root.parent, BundleCode.TRUST_UNUSABLE),
        (host.places.get_counter(STACK), BundleCode.COUNTER_UNREADABLE),
    ):
        mode = path.stat().st_mode & 0o777
        path.chmod(0o777)
        assert find_code(host) is code, path
        path.chmod(mode)
    moved = host.places.trust_root.rename(host.folder / "moved.pem")
    host.places.trust_root.symlink_to(moved)
    assert find_code(host) is BundleCode.TRUST_UNUSABLE
    host.places.trust_root.unlink()
    assert find_code(host) is BundleCode.TRUST_UNUSABLE
    host.places.trust_root.write_text(host.desk.pem)
    assert host.run().result is Result.ACTIVATED


def test_a_bundle_by_a_key_that_was_removed_from_the_trust_root_is_refused(host: Host) -> None:
    host.publish(8)
    host.places.trust_root.write_text(Desk().pem)
    found = host.run()
    assert found.refusal is not None
    assert found.refusal.code is BundleCode.UNKNOWN_SIGNER
    assert host.read_revision() == 7


def test_what_cannot_be_recorded_is_not_activated(host: Host) -> None:
    def fail(_event: Mapping[str, Any]) -> None:
        raise OSError(28, "No space left on device")

    host.publish(8)
    found = update(Run(stack=STACK, host="host", source=FolderSource(host.source), places=host.places, now=NOW, record=fail))
    assert found.refusal is not None
    assert found.refusal.code is BundleCode.NOT_INSTALLED
    assert host.read_revision() == 7
    assert host.run().result is Result.ACTIVATED, "the next run goes on"


def test_every_run_records_the_live_revision_with_the_digest_of_its_policy(host: Host) -> None:
    host.run()
    host.publish(6)
    host.run()
    kinds = [str(event["message"]).split(":")[0] for event in host.events]
    assert kinds == [EventKind.ACTIVATION, EventKind.LIVE, EventKind.REFUSAL]
    assert all(event["policy"] == {"name": "dev (coding)", "uid": POLICY, "version": "7"} for event in host.events)
    refused = host.events[-1]
    assert (refused["status_code"], refused["disposition"], refused["severity"]) == ("lower-revision", "Blocked", "Medium")
    for event in host.events:
        assert event["class_uid"] == 6002
        assert event["type_uid"] == event["class_uid"] * 100 + event["activity_id"]


def test_the_status_is_good_only_if_the_last_run_accepted_what_it_found(host: Host) -> None:
    assert read_status(host.places, STACK, "host", NOW).problems, "no run is known"
    write_last_run(host.places, host.run(), NOW)
    good = read_status(host.places, STACK, "host", NOW)
    assert good.problems == ()
    assert good.document["live"]["policyDigest"] == POLICY
    assert good.document["live"]["digest"] == good.document["counter"]["digest"]
    host.publish(6)
    write_last_run(host.places, host.run(), NOW)
    bad = read_status(host.places, STACK, "host", NOW)
    assert bad.document["lastRun"]["code"] == "lower-revision"
    assert bad.document["live"]["revision"] == "7"
    assert len(bad.problems) == 1


def test_the_active_revision_never_goes_down(tmp_path: Path) -> None:
    chance, host, active = random.Random(7), Host(tmp_path), 0
    results = set[Result]()
    for _ in range(120):
        way = chance.randrange(10)
        if way < 7:
            host.publish(max(1, active + chance.randint(-3, 3)), description=chance.choice(("a", "b")))
        elif way == 7:
            (host.source / LAUNCHER_FILE).unlink(missing_ok=True)
        elif way == 8 and host.places.bundles.exists():
            shutil.rmtree(host.places.bundles)
        else:
            host.publish_files(Desk().make(revision=active + 1))
        before = host.read_revision()
        results.add(host.run(days=chance.choice((0, 0, 0, -400, 400))).result)
        after = host.read_revision()
        assert after >= before
        assert after == 0 or after >= active, "not even by a new installation"
        active = max(active, after)
    assert active > 5
    assert results == {*Result}
