"""The image's cache: a changed file is refused, a build that was killed is repeated, and another recipe is built anew."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from containment_lab.vm import image
from containment_lab.vm.errors import VmError


@pytest.fixture
def builds(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Replace the build by one that writes two small files, and return its calls."""
    calls: list[str] = []

    def build(folder: Path, recipe: str) -> None:
        calls.append(recipe)
        folder.mkdir(parents=True, exist_ok=True)
        files = {"kernel": b"kernel", "initramfs": b"initramfs"}
        for name, content in files.items():
            (folder / name).write_bytes(content)
        digests = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
        (folder / "manifest.json").write_text(json.dumps({"recipe": recipe, **digests}))

    monkeypatch.setattr(image, "build_image", build)
    return calls


def test_the_image_is_built_once(tmp_path: Path, builds: list[str]) -> None:
    first = image.load_image(tmp_path)
    assert image.load_image(tmp_path) == first
    assert len(builds) == 1


@pytest.mark.parametrize("name", ["kernel", "initramfs"])
def test_a_changed_file_is_refused_and_not_booted(tmp_path: Path, builds: list[str], name: str) -> None:
    image.load_image(tmp_path)
    (tmp_path / name).write_bytes(b"changed")
    with pytest.raises(VmError, match=f"{name} is not the file that was built"):
        image.load_image(tmp_path)


@pytest.mark.parametrize("manifest", ["", "{", "[]", '{"recipe": "another"}'])
def test_a_cache_without_its_manifest_is_built_again(tmp_path: Path, builds: list[str], manifest: str) -> None:
    image.load_image(tmp_path)
    (tmp_path / "manifest.json").write_text(manifest)
    image.load_image(tmp_path)
    assert len(builds) == 2


def test_a_build_that_fails_leaves_no_manifest_and_no_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> str:
        raise VmError("no packages here", fix="run apt-get update")

    (tmp_path / "manifest.json").write_text("{}")
    monkeypatch.setattr(image, "find_kernel_package", refuse)
    with pytest.raises(VmError, match="no packages here"):
        image.build_image(tmp_path, "recipe")
    assert [*tmp_path.iterdir()] == []
