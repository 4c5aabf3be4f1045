"""The mode in a stack file, changed in place: one line, and no other character."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from containment.config.pulumi_format.stack_file import read_config
from containment.errors import InputError, Problem
from containment.files.whole_files import write_whole
from containment.loaders import strict_yaml
from containment.loaders.stack_file import PROJECT
from containment.names import PolicyMode

KEY: Final = "policyMode"
_LINE: Final = re.compile(
    rf"""(?P<head>\s+(?P<quote>["']?)(?:{PROJECT}:)?{KEY}(?P=quote)\s*:\s+)(?P<value>[^\s#]+)(?P<tail>\s*(?:\s#.*)?)"""
)
_CONFIG: Final = re.compile(r"config:\s*(#.*)?")


def set_mode(path: Path, mode: PolicyMode) -> bool:
    """Set the mode in a stack file and keep every other character; return whether the file changed.

    The new text is read back before it replaces the file, which happens at once or not at all. Raises InputError when the mode cannot be
    set by changing one line.
    """
    try:
        text = path.read_bytes().decode("utf-8")
        before = read_config(strict_yaml.read(path), PROJECT)
    except (OSError, ValueError) as error:
        raise _make_error(path, strict_yaml.explain_error(error)[0], mode) from None
    if before.get(f"{PROJECT}:{KEY}") == mode.value:
        return False
    changed = _replace_mode(text, mode)
    try:
        after = None if changed is None else read_config(strict_yaml.load(changed), PROJECT)
    except ValueError:
        after = None
    if changed is None or after != {**before, f"{PROJECT}:{KEY}": mode.value}:
        raise _make_error(path, f"sets {KEY} in a form that cannot be changed line by line", mode)
    try:
        write_whole(path, changed)
    except OSError as error:
        what = f"cannot be written ({error.strerror})"
        raise InputError(f"{path} is unchanged", [Problem(str(path), what, "the mode was not set", "make the file writable")]) from None
    return True


def _replace_mode(text: str, mode: PolicyMode) -> str | None:
    """Return the text with one line changed or added; None where there is no such line."""
    lines = text.splitlines(keepends=True)
    bodies = [line.rstrip("\r\n") for line in lines]
    found = [(place, match) for place, body in enumerate(bodies) if (match := _LINE.fullmatch(body))]
    if len(found) == 1:
        place, match = found[0]
        lines[place] = f"{match['head']}{mode.value}{match['tail']}{lines[place][len(bodies[place]) :]}"
        return "".join(lines)
    starts = [place for place, body in enumerate(bodies) if _CONFIG.fullmatch(body)]
    if found or len(starts) != 1:
        return None
    indent = next((body[: len(body) - len(body.lstrip())] for body in bodies[starts[0] + 1 :] if body.strip()), "  ") or "  "
    end = lines[starts[0]][len(bodies[starts[0]]) :] or "\n"
    head = lines[starts[0]] if lines[starts[0]].endswith(("\n", "\r")) else f"{lines[starts[0]]}{end}"
    return "".join([*lines[: starts[0]], head, f"{indent}{PROJECT}:{KEY}: {mode.value}{end}", *lines[starts[0] + 1 :]])


def _make_error(path: Path, what: str, mode: PolicyMode) -> InputError:
    fix = f"write {PROJECT}:{KEY}: {mode.value} on one line under `config:`"
    return InputError(f"{path} is unchanged", [Problem(str(path), what, "the mode was not set", fix)])
