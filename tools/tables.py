"""Markdown tables in the documentation, rendered from the data they describe.

A page contains `<!-- generated: NAME -->` ... `<!-- end -->`; NAME is a key of TABLES. To add a table, write a function from the library to
Markdown and add it to TABLES; to check another page, add it to PAGES. Rendering is pure and reads no clock; only `main` accesses files.
`python -m tools.tables` lists stale pages (exit 1), `--write` rewrites them.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from containment.catalog.catalog import DestinationKind, Entry
from containment.catalog.preset import Harness, Library, Preset
from containment.errors import ContainmentError, InputError, Problem
from containment.exit_code import Exit
from containment.loaders.presets import load_library
from containment_lab.home import write_whole
from tools.documentation.command_pages import COMMANDS, render_command_list
from tools.documentation.markdown import format_table
from tools.documentation.reference import (
    make_help_renderer,
    make_launcher_help_renderer,
    render_bundle_codes,
    render_config_keys,
    render_exit_codes,
    render_host_files,
    render_not_run,
    render_policy_rules,
    render_preflight_checks,
    render_updater_help,
)
from tools.documentation.risk_tables import render_entries, render_residual_kinds, render_residual_matrix, render_threats
from tools.documentation.rule_pages import render_waivers_example
from tools.documentation.type_tables import (
    render_bounded_types,
    render_harmless_types,
    render_house_types,
    render_judged_types,
    render_type_counts,
)

Renderer = Callable[[Library], str]

LAUNCHER_COMMANDS: Final[tuple[tuple[str, ...], ...]] = ((), ("run",), ("check",), ("unit",), ("network",))
"""Commands of the launcher, which share one page; the first is the program itself."""

PAGES: Final = (
    "README.md",
    "presets/README.md",
    "docs/config.md",
    "docs/residual-risks.md",
    "docs/rules/index.md",
    "docs/types/index.md",
    "docs/types/judged.md",
    "docs/types/bounded.md",
    "docs/types/harmless.md",
    "docs/how-the-pack-decides.md",
    "docs/threats.md",
    "docs/exit-codes.md",
    *(f"docs/cli/{'-'.join(words)}.md" for words in COMMANDS),
    "docs/cli/index.md",
    "docs/cli/containment-sandbox.md",
    "docs/host.md",
    "docs/preflight.md",
    "docs/not-run-here.md",
    "docs/guides/bundles.md",
)
"""Pages with generated blocks, relative to the repository."""

_BLOCK: Final = re.compile(r"<!-- generated: (?P<name>[^\n]*?) -->\n(?P<body>.*?)<!-- end -->", re.DOTALL)
_MARKER: Final = re.compile(r"<!-- (?:generated\b[^\n]*?|end) -->")
_FLAGS: Final[Mapping[str, Callable[[Entry], bool]]] = {
    "uploads": lambda entry: entry.uploads,
    "relays": lambda entry: entry.relays,
    "foreign tenant": lambda entry: entry.foreign_tenant,
}


def render_classes(library: Library) -> str:
    """Render the classes as reviewed, with the harness that each is prepared for."""
    header = ("class", "title", "permits", "denies", "harness", "core")
    rows = [
        (f"`{p.name}`", p.title, ", ".join(p.permits), ", ".join(p.denies), p.harness.value, p.core.value) for p in library.presets.values()
    ]
    return format_table(header, rows)


def render_class_demands(library: Library) -> str:
    """Render the limits of each class: refused kinds of hosts, and settings that its stacks cannot switch off."""
    header = ("class", "registries", "public reference", "upload hosts", "logs", "cannot be switched off")
    rows = [
        (
            f"`{p.name}`",
            *("may reach" if kind in p.may_reach else "refused" for kind in (DestinationKind.REGISTRIES, DestinationKind.PUBLIC_REFERENCE)),
            p.uploads.value,
            f"start and end, encrypted, {p.minimum_log_retention_days} days or more" if p.strict_logging else "start",
            ", ".join(f"`{switch.value}`" for switch in p.keeps_on) or "-",
        )
        for p in library.presets.values()
    ]
    return format_table(header, rows)


def render_class_list(library: Library) -> str:
    """Render one line per class for the front page: shipped permits, open questions, typical denies."""
    rows = [
        (
            f"`{p.name}`",
            ", ".join(_find_shipped(library, p)),
            "; ".join(one.question for one in p.open_questions) or "-",
            ", ".join(p.denies),
        )
        for p in library.presets.values()
    ]
    return format_table(("class", "permits as shipped", "open questions (`plan` lists the keys)", "typical denies"), rows)


def _find_shipped(library: Library, preset: Preset) -> list[str]:
    """Return the titles of the sets that a class permits with its default harness."""
    return [library.sets[name].title for name in library.get_permitted_sets(preset, preset.harness)]


def render_class_sets(library: Library) -> str:
    """Render sets against classes: what each class permits and denies with its default harness."""
    rows = [
        (f"`{name}`", f"`{found.web_group.value}`", *(_format_side(library, preset, name) for preset in library.presets.values()))
        for name, found in library.sets.items()
    ]
    return format_table(("set", "WebGroup", *(f"`{name}`" for name in library.presets)), rows)


def _format_side(library: Library, preset: Preset, name: str) -> str:
    if name in preset.deny_sets:
        return "deny"
    if name in preset.permit_sets:
        return "permit"
    return "permit (harness)" if name in library.get_core_sets(preset, preset.harness) else "-"


def render_harnesses(library: Library) -> str:
    """Render the core sets of each harness, in both forms."""

    def cell(names: tuple[str, ...]) -> str:
        return ", ".join(f"`{name}`" for name in names) or "none"

    rows = [(harness.value, cell(library.harness_sets[harness]), cell(library.minimal_sets[harness])) for harness in Harness]
    return format_table(("harness", "full core", "minimal core"), rows)


def render_sets(library: Library) -> str:
    """Render the sets with their size, and the number of entries with each flag."""
    rows = [
        (
            f"[`{name}`](catalog/{name}.yaml)",
            found.purpose,
            str(len(found.entries)),
            *(str(sum(map(flag, found.entries))) for flag in _FLAGS.values()),
        )
        for name, found in library.sets.items()
    ]
    return format_table(("set", "purpose", "destinations", *_FLAGS), rows)


def render_residual(library: Library) -> str:
    """Render permitted destinations that accept or relay data, with the classes that reach them: a risk that names cannot close."""
    rows = [
        (
            f"`{entry.pattern}`",
            f"`{name}`",
            ", ".join(f"`{found}`" for found in reached),
            *("yes" if flag(entry) else "-" for flag in _FLAGS.values()),
            entry.reason,
        )
        for name, members in library.sets.items()
        if (reached := [preset.name for preset in library.presets.values() if name in library.get_permitted_sets(preset, preset.harness)])
        for entry in members.entries
        if entry.uploads or entry.relays
    ]
    return format_table(("destination", "set", "classes", *_FLAGS, "why it is permitted"), rows)


TABLES: Final[Mapping[str, Renderer]] = {
    "command-list": render_command_list,
    "classes": render_classes,
    "class-list": render_class_list,
    "class-demands": render_class_demands,
    "class-sets": render_class_sets,
    "harnesses": render_harnesses,
    "sets": render_sets,
    "residual": render_residual,
    "residual-kinds": render_residual_kinds,
    "residual-matrix": render_residual_matrix,
    "config-keys": render_config_keys,
    "threats": render_threats,
    "threat-entries": render_entries,
    "policy-rules": render_policy_rules,
    "waivers": render_waivers_example,
    "type-counts": render_type_counts,
    "types-judged": render_judged_types,
    "types-bounded": render_bounded_types,
    "types-harmless": render_harmless_types,
    "house-types": render_house_types,
    "host-files": render_host_files,
    "preflight-checks": render_preflight_checks,
    "exit-codes": render_exit_codes,
    "not-run-here": render_not_run,
    "bundle-codes": render_bundle_codes,
    "help containment-bundle-update": render_updater_help,
    **{f"help {' '.join(words)}": make_help_renderer(*words) for words in COMMANDS},
    **{" ".join(("help containment-sandbox", *words)): make_launcher_help_renderer(*words) for words in LAUNCHER_COMMANDS},
}


def rewrite(page: str, library: Library, where: str = "page", tables: Mapping[str, Renderer] = TABLES) -> str:
    """Return the page with every generated block filled in; raise InputError for an unknown name or an unclosed block."""
    problems = [
        _make_problem(where, f"has a block for the table {found['name']!r}, which does not exist", f"use one of: {', '.join(tables)}")
        for found in _BLOCK.finditer(page)
        if found["name"] not in tables
    ]
    loose = [_BLOCK.sub("", page), *(found["body"] for found in _BLOCK.finditer(page))]
    problems += [
        _make_problem(where, f"has {marker!r} without its counterpart", "write <!-- generated: NAME --> ... <!-- end -->")
        for text in loose
        for marker in _MARKER.findall(text)
    ]
    if problems:
        raise InputError("generated tables cannot be written", problems)
    return _BLOCK.sub(lambda found: f"<!-- generated: {found['name']} -->\n{tables[found['name']](library)}<!-- end -->", page)


def _make_problem(where: str, what: str, fix: str) -> Problem:
    return Problem(where, what, "a block that is not rewritten becomes stale unnoticed", fix)


def main(arguments: Sequence[str] | None = None) -> int:
    """Check every page, or rewrite it with `--write`; return 0 if all are up to date, 1 if one is stale or cannot be read."""
    parser = argparse.ArgumentParser(prog="python -m tools.tables", description="Check or rewrite generated tables.")
    parser.add_argument("--write", action="store_true", help="rewrite stale pages")
    parser.add_argument("--root", type=Path, default=Path(__file__).parents[1], help="the repository (default: this one)")
    options = parser.parse_args(arguments)
    stale = 0
    try:
        library = load_library(options.root / "presets")
        for name in PAGES:
            path: Path = options.root / name
            before = path.read_text(encoding="utf-8")
            after = rewrite(before, library, name)
            if after == before:
                continue
            if options.write:
                write_whole(path, after)
                print(f"{name}: rewritten")
            else:
                stale += 1
                print(f"{name}: stale; run python -m tools.tables --write", file=sys.stderr)
    except (ContainmentError, OSError) as error:
        print(error, file=sys.stderr)
        return Exit.ERROR
    return Exit.ERROR if stale else Exit.OK


if __name__ == "__main__":
    sys.exit(main())
