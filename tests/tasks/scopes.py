"""The four tasks as data: a class file and a stack file each, rendered as the launcher's profile by the product's own code.

`python -m tests.tasks.scopes` writes the table of the guide.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from containment.catalog.preset import Library
from containment.errors import ContainmentError
from containment.loaders.presets import find_presets_folder, load_library
from containment.loaders.stack_file import read_stack
from containment.queries.render import answer_rendering
from containment.renderings.kinds import RenderingKind
from containment.sandbox.profile import LauncherProfile, parse_profile

HERE: Final = Path(__file__).parent
GUIDE: Final = HERE.parents[1] / "docs" / "guides" / "tasks.md"
_BEGIN, _END = "<!-- tasks -->\n", "<!-- end -->"
FILES: Final = HERE / "files"
"""Scripts and data of each task; the tests' machine has them in /srv/tasks."""


@dataclass(frozen=True, kw_only=True)
class TaskScope:
    """One task: its profile, and the command that does it."""

    name: str
    text: str
    profile: LauncherProfile
    command: tuple[str, ...]
    result: str
    """The file that the task writes in its home."""

    @property
    def tools(self) -> tuple[str, ...]:
        """The tools of the task."""
        return next(one.tools for one in self.profile.tasks if one.name == self.name)


_COMMANDS: Final = {
    "research": (("/usr/bin/bash", "/srv/tasks/research/research.sh"), "notes.md"),
    "code-review": (("/usr/bin/bash", "/srv/tasks/code-review/review.sh"), "review.md"),
    "report": (("/usr/bin/python3", "/srv/tasks/report/report.py"), "report.md"),
    "deployment": (("/usr/bin/bash", "/srv/tasks/deployment/deploy.sh"), "deployment.json"),
}
TASKS: Final = tuple(_COMMANDS)


def read_scopes(folder: Path) -> dict[str, TaskScope]:
    """Return the scope of every task, by name.

    Args:
        folder: an empty folder, in which the classes of this checkout and the tasks' class files are put together.

    Raises:
        ContainmentError: a profile is not proved to permit no more than its class.
    """
    library = read_library(folder)
    scopes = {}
    for name, (command, result) in _COMMANDS.items():
        text = render_task(name, library)
        scopes[name] = TaskScope(name=name, text=text, profile=parse_profile(text, name), command=command, result=result)
    return scopes


def read_library(folder: Path) -> Library:
    """Return the classes of this checkout together with those of the tasks."""
    for source in (*find_presets_folder().iterdir(), *(HERE / "classes").iterdir()):
        (folder / source.name).symlink_to(source)
    return load_library(folder)


def render_task(name: str, library: Library) -> str:
    """Return the launcher's profile of a task, as `containment render --as launcher` prints it."""
    spec = read_stack(f"task-{name}", folder=HERE / "stacks", library=library)
    answer, text = answer_rendering(RenderingKind.LAUNCHER, spec, library, given=None, name="profile.json", with_schema=False)
    if answer.exit:
        raise ContainmentError(f"the profile of {name} is not proved: {answer}")
    return text


def format_table(scopes: dict[str, TaskScope]) -> str:
    """Return the Markdown table of the tasks, as the guide shows it."""
    rows = ["| task | tools | programs | reads | writes | network |", "| --- | --- | --- | --- | --- | --- |"]
    for scope in scopes.values():
        profile = scope.profile
        network = [_describe_egress(one.program, one.host, one.networks, one.requests) for one in profile.egress]
        cells = (
            f"`{scope.name}`",
            _join(scope.tools),
            _join(one.rpartition("/")[2] for one in profile.programs),
            _join(profile.files.read_only),
            _join(profile.files.read_write),
            "<br>".join(network) or "none",
        )
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows) + "\n"


def write_table(text: str, table: str) -> str:
    """Return the text of the guide with a table."""
    before, _, rest = text.partition(_BEGIN)
    return f"{before}{_BEGIN}{table}{_END}{rest.partition(_END)[2]}"


def _join(words: Iterable[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)


def _describe_egress(program: str, host: str | None, networks: tuple[str, ...], requests: tuple[str, ...] | None) -> str:
    where = host or ", ".join(networks)
    return f"`{program.rpartition('/')[2]}` to `{where}`: {_join(requests) if requests is not None else 'any request'}"


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as presets:
        GUIDE.write_text(write_table(GUIDE.read_text(), format_table(read_scopes(Path(presets)))))
