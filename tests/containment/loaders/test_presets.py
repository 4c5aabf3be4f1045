"""The library is read from the repository or from a wheel, whole or not at all. What each file may say is tests/presets'."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import pytest

import containment.loaders.presets
from containment.catalog.preset import Harness
from containment.errors import InputError
from containment.loaders import strict_yaml
from containment.loaders.presets import find_presets_folder, load_library
from containment.names import DENY_GROUPS, WebGroupId


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(find_presets_folder(), tmp_path / "presets"))


def places(folder: Path) -> list[str]:
    with pytest.raises(InputError) as caught:
        load_library(folder)
    return [problem.where for problem in caught.value.problems]


def test_the_repository_s_presets_are_found_and_whole() -> None:
    library = load_library()
    assert {"coding", "locked-down"} <= set(library.presets)
    assert set(library.harness_sets) == set(Harness)
    filled = {found.web_group for found in library.sets.values()}
    assert filled >= DENY_GROUPS | {WebGroupId.AWS_INFRA, WebGroupId.CORE, WebGroupId.MODEL_GATEWAYS, WebGroupId.PACKAGES}


def test_every_set_a_class_names_is_there() -> None:
    library = load_library()
    for preset in library.presets.values():
        assert {*preset.permit_sets, *preset.deny_sets, *library.harness_sets[preset.harness]} <= set(library.sets)


def test_presets_are_those_of_the_checkout_and_their_absence_is_reported(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = copy.parent / "site-packages" / "containment" / "loaders"
    package.mkdir(parents=True)
    monkeypatch.setattr(containment.loaders.presets, "__file__", str(package / "presets.py"))
    with pytest.raises(FileNotFoundError, match="make setup"):
        find_presets_folder()
    shutil.copytree(copy, package.parents[1] / "presets")
    assert find_presets_folder() == package.parents[1] / "presets"
    assert load_library() == load_library(copy)


def test_a_second_load_parses_only_the_files_that_changed(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    load_library(copy)
    parse, texts = strict_yaml.load, list[str]()
    monkeypatch.setattr(strict_yaml, "load", lambda text: texts.append(text) or parse(text))
    assert load_library(copy) == load_library()
    assert texts == []
    changed = copy / "research.yaml"
    changed.write_text(changed.read_text().replace("title: ", "title: Changed ", 1))
    assert load_library(copy).presets["research"].title.startswith("Changed ")
    assert texts == [changed.read_text()]


def test_a_copy_reads_the_same_and_cannot_be_changed(copy: Path) -> None:
    library = load_library(copy)
    assert library == load_library()
    with pytest.raises(dataclasses.FrozenInstanceError):
        library.sets = {}  # type: ignore[misc]


def test_a_new_class_is_one_more_file(copy: Path) -> None:
    text = (copy / "coding.yaml").read_text(encoding="utf-8")
    (copy / "reviewer.yaml").write_text(text.replace("title: Coding agent", "title: Reviewer"), encoding="utf-8")
    preset = load_library(copy).presets["reviewer"]
    assert (preset.name, preset.title) == ("reviewer", "Reviewer")


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"\t- :", b"", b"[1, 2]", b"just words", b"? [a]\n: b"], ids=repr)
@pytest.mark.parametrize("file", ["coding.yaml", "catalog/aws-infra.yaml", "harnesses.yaml"])
def test_a_file_that_is_no_mapping_is_reported_by_its_name(copy: Path, file: str, content: bytes) -> None:
    (copy / file).write_bytes(content)
    assert f"presets/{file}" in {where.partition(":")[0] for where in places(copy)}


def test_a_missing_harnesses_file_is_reported(copy: Path) -> None:
    (copy / "harnesses.yaml").unlink()
    assert "presets/harnesses.yaml" in places(copy)


def test_a_missing_set_is_reported_by_every_class_that_names_it(copy: Path) -> None:
    (copy / "catalog" / "aws-infra.yaml").unlink()
    assert {"presets/coding.yaml:permitSets", "presets/locked-down.yaml:permitSets"} <= set(places(copy))


def test_a_library_without_a_class_is_refused(copy: Path) -> None:
    for path in copy.glob("*.yaml"):
        if path.name != "harnesses.yaml":
            path.unlink()
    assert places(copy) == ["presets/"]


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    assert places(tmp_path)
