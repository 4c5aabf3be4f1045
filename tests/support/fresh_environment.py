"""A fresh environment with this checkout and what it declares, and nothing else; made offline, in seconds.

The checkout and its SDK are installed as `pip install -e` does it: from the wheels of their build backend, with the requirements that
these declare. The closure of those requirements is linked from the environment that runs the tests; an extra that is not wanted is not
followed, so what only it needs cannot be imported.
"""

from __future__ import annotations

import os
import subprocess
import sys
import venv
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
CHECKOUT = {"agent-containment": ROOT, "pulumi-aviatrix": ROOT / "sdks" / "aviatrix"}
"""What is installed from this repository: distribution -> folder."""
_BUILD = "import sys, hatchling.build; hatchling.build.build_editable(sys.argv[1])"


@dataclass(frozen=True)
class FreshEnvironment:
    """A virtual environment, and the distributions in it."""

    folder: Path
    distributions: frozenset[str]

    @property
    def python(self) -> Path:
        """The interpreter."""
        return self.folder / "bin" / "python"

    def run(self, *arguments: str, cwd: Path = ROOT, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run the interpreter with nothing of the caller's environment; the current folder is not on its path."""
        environment = {"PATH": os.defpath, "HOME": str(self.folder), "PYTHONSAFEPATH": "1", "COLUMNS": "120", **variables}
        return subprocess.run([self.python, *arguments], cwd=cwd, env=environment, capture_output=True, text=True, timeout=300, check=False)

    def containment(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a `containment` command in the repository's folder."""
        return self.run("-m", "containment", *arguments, **variables)


def make_environment(folder: Path, extras: Iterable[str] = ()) -> FreshEnvironment:
    """Make an environment in a folder that does not exist yet, with the named extras of this checkout."""
    venv.create(folder, symlinks=True)
    packages = folder / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"
    wanted = {(name, extra) for name in CHECKOUT for extra in ("", *(extras if name == "agent-containment" else ()))}
    for source in CHECKOUT.values():
        _install(source, folder / "wheels" / source.name, packages)
    declared = {canonicalize_name(found.name): found for found in metadata.distributions(path=[str(packages)])}
    closure = _closure(wanted, declared)
    for name in closure - declared.keys():
        _link(metadata.distribution(name), packages)
    return FreshEnvironment(folder, frozenset(closure))


def _install(source: Path, wheels: Path, packages: Path) -> None:
    """Install a folder as an editable package."""
    wheels.mkdir(parents=True)
    subprocess.run([sys.executable, "-c", _BUILD, str(wheels)], cwd=source, check=True, capture_output=True, timeout=120)
    (wheel,) = wheels.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(packages)


def _closure(wanted: Iterable[tuple[str, str]], declared: dict[str, metadata.Distribution]) -> set[str]:
    """Return the distributions that (distribution, extra) pairs need, themselves included."""
    todo, seen = list(wanted), set[tuple[str, str]]()
    while todo:
        name, extra = todo.pop()
        if (name, extra) in seen:
            continue
        seen.add((name, extra))
        for text in (declared.get(name) or metadata.distribution(name)).requires or ():
            requirement = Requirement(text)
            if requirement.marker is None or requirement.marker.evaluate({"extra": extra}):
                todo += [(canonicalize_name(requirement.name), each) for each in ("", *requirement.extras)]
    return {name for name, _ in seen}


def _link(distribution: metadata.Distribution, packages: Path) -> None:
    """Link a distribution's packages and files; a folder that several distributions share is made, and its parts are linked."""
    assert distribution.files, f"{distribution.metadata['Name']} has no list of files"
    source = Path(str(distribution.locate_file("")))
    for part in dict.fromkeys(_part(source, Path(str(file))) for file in distribution.files if ".." not in file.parts):
        if not (target := packages / part).exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            target.symlink_to(source / part)


def _part(source: Path, file: Path) -> Path:
    """Return the outermost package that a file is in, the file itself when it is in none."""
    return next((each for each in _outermost_first(file) if (source / each / "__init__.py").exists()), file)


def _outermost_first(file: Path) -> Iterator[Path]:
    yield from reversed(file.parents[:-1])
