"""A fork imports what a new interpreter would: a folder's own copy of the pack there, the repository's elsewhere."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.support import warm

REPOSITORY = Path(__file__).parents[2]
pytestmark = pytest.mark.slow


def find_pack(folder: Path) -> Path:
    """Return the file from which a script in a folder imports the pack's waivers."""
    script = folder / "show.py"
    script.write_text("from policypack import waivers\nprint(waivers.__file__)\n")
    done = warm.run([str(script)], folder, dict(os.environ), 60)
    assert done.returncode == 0, done.stderr
    return Path(done.stdout.strip())


def test_a_fork_imports_the_pack_of_its_folder(tmp_path: Path) -> None:
    assert find_pack(tmp_path).is_relative_to(REPOSITORY)
    shutil.copytree(REPOSITORY / "policypack", tmp_path / "policypack", ignore=shutil.ignore_patterns("__pycache__"))
    assert find_pack(tmp_path).is_relative_to(tmp_path)


def test_a_link_to_the_pack_is_the_repositorys(tmp_path: Path) -> None:
    (tmp_path / "policypack").symlink_to(REPOSITORY / "policypack")
    assert find_pack(tmp_path).resolve().is_relative_to(REPOSITORY)
