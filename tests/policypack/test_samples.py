"""A sample is refused by its rule alone at the marked resource, its repaired twin passes, and without the rule it would pass.

The comment `# NOT OK: <resource>: <why>` marks the fault (`NOT OK once ids are known`: a first preview cannot find it). Every program
runs, every fourth repaired as well, and the rules judge it in this process; `make test-fast` takes one sample per rule. The pack in a
process of its own, as the engine runs it, judges one sample per rule, and must find the same. WHOLE=1 (`make soak`) takes every sample.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterable, Iterator, Sequence
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
import yaml

from containment_lab.cloud.image_list import IMAGES
from policypack.decision_rule import ID as DECISIONS
from policypack.registry import RULES
from policypack.standalone_checks import check_stack
from tests.policypack.pack import Pack
from tests.policypack.pairs import differences
from tests.policypack.record import FORMS, recordings, resource_of

pytestmark = pytest.mark.timeout(1200)  # the first test waits until the chosen programs have run, four times each
REPOSITORY = Path(__file__).parents[2]
SAMPLES = REPOSITORY / "tests" / "samples"
PACK = REPOSITORY / "policypack"
FOLDERS = sorted(path.parent for path in SAMPLES.glob("*/*/__main__.py") if path.parents[1].name != DECISIONS)
"""Samples of the rules that need no other file; those about decisions are in `test_decision_samples`."""
BAD = [folder for folder in FOLDERS if folder.parent.name != "sound"]
SOUND = [folder for folder in FOLDERS if folder.parent.name == "sound"]
WHOLE = "WHOLE" in os.environ
PACKS = len(RULES) if WHOLE else 6
"""Number of packs, each without its part of the rules' files, that judge samples."""
IN_THE_PACK = BAD if WHOLE else list({folder.parent: folder for folder in BAD}.values())
"""Samples that the pack's own process judges."""
FAST = frozenset({folder.parent: folder for folder in BAD}.values())
"""One sample per rule: those of `make test-fast`."""
NO_HOST = SAMPLES / "agent-host-is-found" / "no-host"
ONE_HOST = SAMPLES / "agent-host-has-no-public-ip" / "association-flag"
TWINS = FOLDERS if WHOLE else sorted({*IN_THE_PACK, *BAD[::4], *SOUND, ONE_HOST})
"""Folders whose repaired form runs."""
IMAGE_ID = re.compile(r"ami-[0-9a-f]+")
PLACE = re.compile(r"# NOT OK( once ids are known)?: ([\w-]+): \S")

Recorded = dict[str, dict[str, list[dict[str, Any]]]]


def label(folder: Path) -> str:
    return f"{folder.parent.name}/{folder.name}"


def each(folders: Sequence[Path]) -> pytest.MarkDecorator:
    """Return the mark that passes each folder to a test; those that `make test-fast` leaves out are slow."""
    cases = [pytest.param(folder, id=label(folder), marks=() if folder in FAST else pytest.mark.slow) for folder in folders]
    return pytest.mark.parametrize("folder", cases)


@pytest.fixture(scope="module")
def recorded(request: pytest.FixtureRequest) -> Recorded:
    """Record the samples that the chosen tests name, all of them for a test that names none."""
    chosen = [item for item in request.session.items if item.path == request.path and "recorded" in item.fixturenames]
    named = _find_named(chosen)
    named_with_twin = _find_named(item for item in chosen if item.get_closest_marker("slow"))  # `make test-fast` judges the programs alone
    return recordings([folder for folder in FOLDERS if folder in named], [folder for folder in TWINS if folder in named_with_twin])


def _find_named(items: Iterable[pytest.Item]) -> set[Path]:
    """Return the samples that tests name; all of them if one names none."""
    named = {getattr(item, "callspec", None) and item.callspec.params.get("folder") for item in items}
    return {*FOLDERS} if None in named else named


@pytest.fixture(scope="module")
def pack() -> Iterator[Pack]:
    with Pack(PACK) as running:
        yield running


def found(resources: list[dict[str, Any]]) -> set[tuple[str, str]]:
    """Return (rule, resource name) of every violation, `stack` for the stack itself."""
    return {(one.id, one.where.rsplit("::", 1)[-1] or "stack") for one in check_stack(map(resource_of, resources))}


def found_by(pack: Pack, resources: list[dict[str, Any]]) -> set[tuple[str, str]]:
    """Return the same from the pack's own process; each violation must be mandatory."""
    diagnostics = pack.judge(resources)
    assert {one.enforcementLevel for one in diagnostics} <= {1}, [one.message for one in diagnostics]
    return {(one.policyName, one.urn.rsplit("::", 1)[-1] or "stack") for one in diagnostics}


def places(folder: Path) -> tuple[set[str], bool]:
    """Return the resources that a sample marks, and whether a first preview can find the fault."""
    marks = PLACE.findall((folder / "__main__.py").read_text())
    assert marks, f"{folder} marks no fault"
    return {name for _, name in marks}, not any(later for later, _ in marks)


def test_a_sample_is_a_project_with_a_name_and_a_description() -> None:
    projects = {folder: yaml.safe_load((folder / "Pulumi.yaml").read_text()) for folder in FOLDERS}
    assert [folder for folder, project in projects.items() if project["name"] != folder.name or not project["description"]] == []


@each(BAD)
def test_a_sample_is_refused_by_its_rule_alone_at_the_marked_resource(folder: Path, recorded: Recorded) -> None:
    """No other rule refuses it, in either form: without the rule it would pass."""
    names, in_preview = places(folder)
    expected = {(folder.parent.name, name) for name in names}
    assert found(recorded[str(folder)]["bad-known"]) == expected
    in_first_preview = found(recorded[str(folder)]["bad-preview"])
    if in_preview:
        assert in_first_preview == expected
    else:
        assert {rule for rule, _ in in_first_preview} <= {folder.parent.name}


@pytest.mark.slow
@each(BAD)
def test_the_order_in_which_resources_register_changes_no_finding(folder: Path, recorded: Recorded) -> None:
    """A program does not decide that order: its calls wait for each other's results."""
    for form in FORMS:
        resources = recorded[str(folder)][f"bad-{form}"]
        assert found(resources[::-1]) == found(resources), form


@pytest.mark.slow
@each(TWINS)
def test_a_repaired_twin_passes(folder: Path, recorded: Recorded) -> None:
    for form in FORMS:
        assert found(recorded[str(folder)][f"repaired-{form}"]) == set(), form


def test_samples_start_hosts_from_images_of_the_lab() -> None:
    """The lab refuses any other image, and a rule that needs ids is not evaluated at all when a create fails."""
    used = {image: path for path in SAMPLES.rglob("*.py") for image in IMAGE_ID.findall(path.read_text())}
    assert used
    assert used.keys() <= {image.id for image in IMAGES}, used


@pytest.mark.slow
@pytest.mark.parametrize("folder", [*IN_THE_PACK, *(SOUND if WHOLE else SOUND[:1])], ids=label)
def test_the_pack_in_its_own_process_finds_the_same(folder: Path, recorded: Recorded, pack: Pack) -> None:
    for form, resources in recorded[str(folder)].items():
        assert found_by(pack, resources) == found(resources), form


@pytest.mark.long
@pytest.mark.slow
@pytest.mark.parametrize("rules", [[rule.id for rule in RULES[first::PACKS]] for first in range(PACKS)], ids=", ".join)
def test_without_a_rules_file_its_samples_pass_the_pack(rules: list[str], recorded: Recorded, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(PACK, copy, ignore=shutil.ignore_patterns("__pycache__"))
    for rule in rules:
        assert any(folder.parent.name == rule for folder in BAD), f"{rule} has no sample"
        (copy / "rules" / f"{rule.replace('-', '_')}.py").unlink()
    with Pack(copy) as without:
        for folder in (folder for folder in IN_THE_PACK if folder.parent.name in rules):
            for form in FORMS:
                assert found_by(without, recorded[str(folder)][f"bad-{form}"]) == set(), folder


@pytest.mark.long
@pytest.mark.slow
def test_decoding_once_gives_what_the_sdks_own_decoding_gives(recorded: Recorded, pack: Pack, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(PACK, copy, ignore=shutil.ignore_patterns("__pycache__"))
    entry = copy / "__main__.py"
    lines = entry.read_text().splitlines(keepends=True)
    entry.write_text("".join(line for line in lines if not line.startswith("wrap_service(")))
    assert entry.read_text() != (PACK / "__main__.py").read_text()
    with Pack(copy) as slow:
        for folder, form in zip({one.parent.name: one for one in BAD}.values(), cycle(("bad-preview", "bad-known")), strict=False):
            stack = recorded[str(folder)][form]
            assert [one.SerializeToString() for one in slow.judge(stack)] == [one.SerializeToString() for one in pack.judge(stack)]


@pytest.mark.long
@pytest.mark.slow
def test_samples_go_wrong_in_many_different_properties(recorded: Recorded, capsys: pytest.CaptureFixture[str]) -> None:
    run = [(folder, recorded[str(folder)]) for folder in BAD if folder in TWINS]
    by_folder = {folder: differences(forms["bad-known"], forms["repaired-known"]) for folder, forms in run}
    assert [label(folder) for folder, pairs in by_folder.items() if not pairs] == []
    pairs = set().union(*by_folder.values())
    rules = {folder.parent for folder in by_folder}
    with capsys.disabled():
        print(f"\n{len(by_folder)} samples of {len(rules)} rules differ from their twins in {len(pairs)} properties")
    assert len(BAD) >= 60
    assert len(pairs) >= 40


def test_every_rule_has_a_unique_name_with_what_why_and_fix(pack: Pack) -> None:
    names = [policy.name for policy in pack.info().policies]
    assert sorted(names) == sorted({*(rule.id for rule in RULES), "waivers-hold", "waived-findings", "decisions-are-approved"})
    assert all(rule.info and rule.why and rule.fix for rule in RULES)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("folder", "form", "summary"),
    [
        (ONE_HOST, "repaired-preview", r"containment: 1 agent host \(Instance agent\), [1-9]\d* checks"),
        (NO_HOST, "bad-preview", r"containment: 0 agent hosts \(none\), .*"),
    ],
    ids=["one host", "no host"],
)
def test_the_report_names_the_hosts_and_counts_the_checks(folder: Path, form: str, summary: str, recorded: Recorded, pack: Pack) -> None:
    pack.judge(recorded[str(folder)][form])
    assert re.fullmatch(summary, pack.summary)
