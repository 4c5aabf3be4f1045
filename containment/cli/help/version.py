"""`containment --version`: version of the package, commit of its checkout, and Python version."""

from __future__ import annotations

import platform
from pathlib import Path

import typer

from containment.errors import InputError
from containment.git import read_git

_CHECKOUT = Path(__file__).parents[3]


def show_version(wanted: bool) -> None:
    """Print the version and exit, if the option is given."""
    if wanted:
        from importlib.metadata import version  # slow to import, and needed for this option only

        commit = find_checkout_commit()
        of = f"commit {commit}, " if commit else ""
        typer.echo(f"containment {version('agent-containment')} ({of}Python {platform.python_version()})")
        raise typer.Exit


def find_checkout_commit() -> str | None:
    """Return the short commit of this package's checkout, None for an installation without one."""
    return find_commit(_CHECKOUT)


def find_commit(folder: Path) -> str | None:
    """Return the short commit of a folder's checkout, with `-dirty` if files differ; None if the folder has no `.git`."""
    if not (folder / ".git").exists():
        return None
    try:
        found = read_git(folder, "describe", "--always", "--dirty", "--exclude=*")
    except InputError:  # git is missing, or the file system does not respond
        return None
    return (found or "").strip() or None
