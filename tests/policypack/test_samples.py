"""Every sample program is refused by exactly its rule at exactly the place it says, its repaired twin passes, and without the
rule's file it would go through.

A sample says `# NOT OK: <resource>: <why>` where it goes wrong (`NOT OK once ids are known` where a first preview cannot tell).
The programs really run; the pack is the real one, in a process of its own, behind the real proxies.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
import yaml

from policypack.registry import RULES
from tests.policypack.pack import Pack
from tests.policypack.pairs import differences
from tests.policypack.record import recordings

pytestmark = pytest.mark.timeout(1200)  # the first test waits until every program has run, four times each
REPOSITORY = Path(__file__).parents[2]
SAMPLES = REPOSITORY / "tests" / "samples"
PACK = REPOSITORY / "policypack"
FOLDERS = sorted(path.parent for path in SAMPLES.glob("*/*/__main__.py"))
BAD = [folder for folder in FOLDERS if folder.parent.name != "sound"]
SOUND = [folder for folder in FOLDERS if folder.parent.name == "sound"]
PACKS = min(int(os.environ.get("PACKS", "6")), len(RULES))
"""By how many packs, each without its part of the rules' files, samples are judged; 99 takes away one rule at a time."""
PLACE = re.compile(r"# NOT OK( once ids are known)?: ([\w-]+): \S")

Recorded = dict[str, dict[str, list[dict[str, Any]]]]


def label(folder: Path) -> str:
    return f"{folder.parent.name}/{folder.name}"


@pytest.fixture(scope="module")
def recorded() -> Recorded:
    return recordings(FOLDERS)


@pytest.fixture(scope="module")
def pack() -> Iterator[Pack]:
    with Pack(PACK) as running:
        yield running


def refused(pack: Pack, resources: list[dict[str, Any]]) -> set[tuple[str, str]]:
    """Return (policy, resource name) of every violation, `stack` for the stack itself; each must be mandatory."""
    found = pack.judge(resources)
    assert {one.enforcementLevel for one in found} <= {1}, [one.message for one in found]
    return {(one.policyName, one.urn.rsplit("::", 1)[-1] or "stack") for one in found}


def places(folder: Path) -> tuple[set[str], bool]:
    """Return the resources a sample says are wrong, and whether a first preview can tell."""
    found = PLACE.findall((folder / "__main__.py").read_text())
    assert found, f"{folder} does not say where it is wrong"
    return {name for _, name in found}, not any(later for later, _ in found)


@pytest.mark.parametrize("folder", FOLDERS, ids=label)
def test_a_sample_is_a_project_with_a_name_and_a_description(folder: Path) -> None:
    project = yaml.safe_load((folder / "Pulumi.yaml").read_text())
    assert project["name"] == folder.name
    assert project["description"]


@pytest.mark.parametrize("folder", BAD, ids=label)
def test_a_sample_is_refused_by_its_rule_where_it_says(folder: Path, recorded: Recorded, pack: Pack) -> None:
    names, in_preview = places(folder)
    expected = {(folder.parent.name, name) for name in names}
    assert refused(pack, recorded[str(folder)]["bad-known"]) == expected
    if in_preview:
        assert refused(pack, recorded[str(folder)]["bad-preview"]) == expected


@pytest.mark.parametrize("form", ["preview", "known"])
@pytest.mark.parametrize("folder", FOLDERS, ids=label)
def test_a_repaired_twin_passes(folder: Path, form: str, recorded: Recorded, pack: Pack) -> None:
    assert refused(pack, recorded[str(folder)][f"repaired-{form}"]) == set()


@pytest.mark.parametrize("rules", [[rule.id for rule in RULES[first::PACKS]] for first in range(PACKS)], ids=", ".join)
def test_without_a_rules_file_its_samples_go_through(rules: list[str], recorded: Recorded, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(PACK, copy, ignore=shutil.ignore_patterns("__pycache__"))
    for rule in rules:
        assert any(folder.parent.name == rule for folder in BAD), f"{rule} has no sample"
        (copy / "rules" / f"{rule.replace('-', '_')}.py").unlink()
    with Pack(copy) as without:
        for folder in (folder for folder in BAD if folder.parent.name in rules):
            for form in ("bad-preview", "bad-known"):
                assert refused(without, recorded[str(folder)][form]) == set(), folder


def test_decoding_once_says_what_the_sdks_own_decoding_says(recorded: Recorded, pack: Pack, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(PACK, copy, ignore=shutil.ignore_patterns("__pycache__"))
    entry = copy / "__main__.py"
    lines = entry.read_text().splitlines(keepends=True)
    entry.write_text("".join(line for line in lines if not line.startswith("stand_in_front(")))
    assert entry.read_text() != (PACK / "__main__.py").read_text()
    with Pack(copy) as slow:
        for folder, form in zip({one.parent.name: one for one in BAD}.values(), cycle(("bad-preview", "bad-known")), strict=False):
            stack = recorded[str(folder)][form]
            assert [one.SerializeToString() for one in slow.judge(stack)] == [one.SerializeToString() for one in pack.judge(stack)]


def test_samples_go_wrong_in_many_different_properties(recorded: Recorded, capsys: pytest.CaptureFixture[str]) -> None:
    by_rule = {folder: differences(recorded[str(folder)]["bad-known"], recorded[str(folder)]["repaired-known"]) for folder in BAD}
    assert [label(folder) for folder, pairs in by_rule.items() if not pairs] == []
    pairs = set().union(*by_rule.values())
    with capsys.disabled():
        print(f"\n{len(BAD)} samples of {len({folder.parent for folder in BAD})} rules differ from their twins in {len(pairs)} properties")
    assert len(BAD) >= 60
    assert len(pairs) >= 40


def test_every_rule_has_a_name_of_its_own_and_says_what_why_and_how(pack: Pack) -> None:
    names = [policy.name for policy in pack.info().policies]
    assert sorted(names) == sorted({*(rule.id for rule in RULES), "waivers-hold", "waived-findings"})
    assert all(rule.info and rule.why and rule.fix for rule in RULES)


def test_the_report_names_the_hosts_and_counts_the_checks(recorded: Recorded, pack: Pack) -> None:
    folder = str(SAMPLES / "agent-host-has-no-public-ip" / "association-flag")
    pack.judge(recorded[folder]["repaired-preview"])
    assert re.fullmatch(r"containment: 1 agent host \(Instance agent\), [1-9]\d* checks", pack.summary)
    pack.judge(recorded[str(SAMPLES / "agent-host-is-found" / "no-host")]["bad-preview"])
    assert pack.summary.startswith("containment: 0 agent hosts (none), ")
