"""The verdict at the end of a run: one line for a success, a block for a refusal, a failure or an interruption.

The block lists what was refused or failed (each message once, with all its resources), what exists now, the next step, and the exit code
with its meaning.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from containment.cli.lab.screen.steps import count_changed, count_words, make_label
from containment_lab.engine.report import Report
from containment_lab.engine.steps import Op
from containment_lab.errors import Exit

_TITLES = {Exit.VIOLATION: "REFUSED", Exit.INTERRUPTED: "INTERRUPTED"}
_MEANINGS = {Exit.VIOLATION: "a mandatory policy is violated", Exit.INTERRUPTED: "interrupted"}
_FAILED = "the program, a provider or the engine failed"
_MANDATORY = "mandatory"
_SHORTEST = 5
"""Characters of the shortest value that is looked for in an error."""


class Verb(StrEnum):
    """The commands that have a verdict."""

    PREVIEW = "preview"
    UP = "up"
    REFRESH = "refresh"
    DESTROY = "destroy"


@dataclass(frozen=True)
class Ending:
    """The end of a command.

    `planned` is the number of changes in the preview (None without one), `seconds` the duration of the command, `packs` whether a policy
    pack ran.
    """

    verb: Verb
    stack: str
    report: Report
    planned: int | None
    seconds: float
    packs: bool


def format_verdict(ending: Ending) -> list[str]:
    """Return the verdict: the last lines of a command."""
    return [_format_success(ending)] if ending.report.exit is Exit.OK else list(_format_block(ending))


def format_advisories(report: Report) -> list[str]:
    """Return the findings of advisory policies, and errors that the program logged without failing."""
    return [*_format_violations(report, mandatory=False), *(format_errors(report) if report.exit is Exit.OK else [])]


def format_errors(report: Report) -> list[str]:
    """Return the errors of a phase, each once."""
    found = [each for each in report.diagnostics if each["severity"] == "error" and each["message"] != report.conclusion]
    return list(_merge_errors(found, report.places))


def _format_success(ending: Ending) -> str:
    """Return the one line of a success."""
    changes, stack, took = ending.report.changes, ending.stack, f"in {ending.seconds:.0f} s"
    nothing = "nothing to change" + (f" ({count_words(changes)})" if changes else "")
    match ending.verb:
        case Verb.PREVIEW:
            judged = "; no mandatory policy is violated" if ending.packs else ""
            return f"{stack}: {count_words(changes, planned=True) if count_changed(changes) else nothing}{judged}"
        case Verb.UP:
            return f"{stack} is up: {f'{count_words(changes)} {took}' if count_changed(changes) else nothing}"
        case Verb.REFRESH:
            found = (
                count_words(changes) if count_changed(changes) else f"everything is as recorded ({count_words(changes) or 'no resources'})"
            )
            return f"{stack} is refreshed: {found} {took}"
        case Verb.DESTROY:
            return f"{stack} is destroyed: {f'{count_words(changes)} {took}' if changes else 'it had no resources'}"


def _format_block(ending: Ending) -> Iterator[str]:
    """Yield the lines of a refusal, a failure or an interruption."""
    report, code = ending.report, ending.report.exit
    phase = "preview" if report.preview else ending.verb.value
    yield ""
    yield f"{_TITLES.get(code, 'FAILED')}: {phase} of {ending.stack}"
    yield from _format_violations(report, mandatory=True)
    yield from format_errors(report)
    yield f"next: {_suggest_next_step(ending)}"
    yield f"exit {int(code)}: {_MEANINGS.get(code, _FAILED)}; {_describe_changes(ending)}"


def _suggest_next_step(ending: Ending) -> str:
    report, resumes = ending.report, " (it resumes)" if not ending.report.preview else ""
    if report.exit is Exit.VIOLATION:
        return f"apply each fix, then run the same command again{resumes}"
    if report.exit is Exit.INTERRUPTED:
        return f"run the same command again{resumes}"
    return f"correct what the error names, then run the same command again{resumes}"


def _describe_changes(ending: Ending) -> str:
    """Return a description of the changes before the command stopped."""
    report = ending.report
    done = count_words({op: count for op, count in report.changes.items() if op != Op.SAME})
    left = [each.state.urn for each in report.under_way]
    if report.preview:
        return "nothing was created or changed"
    of = f" of {ending.planned} planned" if ending.planned else ""
    said = f"{done}{of} before it stopped, and kept in the stack's state" if done else "nothing was created or changed"
    if left:
        names = ", ".join(map(make_label, left[:3])) + (f" and {len(left) - 3} more" if len(left) > 3 else "")
        said += f"; under way, recorded as pending: {names}"
    return said


def _format_violations(report: Report, *, mandatory: bool) -> Iterator[str]:
    """Yield violations by policy: the first line that all its messages share, then each message with its resources."""
    found: dict[str, dict[str, list[str]]] = {}
    for each in report.violations:
        if (each["level"] == _MANDATORY) is mandatory:
            urns = found.setdefault(each["policy"], {}).setdefault(each["message"], [])
            if each["urn"] not in urns:
                urns.append(each["urn"])
    for policy, messages in found.items():
        split = [text.splitlines() for text in messages]
        common = _find_common_start(split)
        yield f"  {'rule' if mandatory else 'advice of rule'} {policy}"
        yield from _indent(common, 4)
        for lines, urns in zip(split, messages.values(), strict=True):
            yield f"    on {', '.join(map(make_label, urns))}"
            yield from _indent(lines[len(common) :], 6)


def _merge_errors(found: Sequence[Mapping[str, str]], places: Mapping[str, str]) -> Iterator[str]:
    """Yield error messages, each once, with the resources they concern and the places of the values that they quote."""
    grouped: dict[str, list[str]] = {}
    for each in found:
        urns = grouped.setdefault(each["message"], [])
        if each["urn"] and each["urn"] not in urns and each["urn"] not in each["message"]:
            urns.append(each["urn"])
    for message, urns in grouped.items():
        first, *rest = message.splitlines() or [""]
        where = f" (on {', '.join(map(make_label, urns))})" if urns else ""
        yield f"  error: {first}{where}"
        yield from _indent(rest, 4)
        yield from (f"    {value} is written in {place}" for value, place in _find_quoted(message, places))


def _find_quoted(message: str, places: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return the texts of the configuration that a message quotes, each with its place.

    A provider names the value that it refuses, and not the key that it came from. A word of letters alone counts only in quotes or
    brackets. A place is left out if the message already names its key.
    """
    found = []
    for value, place in places.items():
        before, after = ("[\"'`\\[(]", "[\"'`\\])]") if value.isalpha() else (r"(?<![\w./-])", r"(?![\w/-]|\.\w)")
        is_quoted = len(value) >= _SHORTEST and re.search(before + re.escape(value) + after, message)
        if is_quoted and re.split("[ :]", place)[-1] not in message:
            found.append((value, place))
    return found


def _find_common_start(messages: Sequence[Sequence[str]]) -> Sequence[str]:
    """Return the first line of all messages, in a list, if several messages share it and have further lines."""
    same = len(messages) > 1 and all(len(each) > 1 and each[0] == messages[0][0] for each in messages)
    return messages[0][:1] if same else []


def _indent(lines: Sequence[str], width: int) -> Iterator[str]:
    yield from (textwrap.indent(line, " " * width) for line in lines)
