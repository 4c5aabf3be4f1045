"""Markdown tables in the documentation, rendered from the data they describe.

A page holds `<!-- generated: NAME -->` ... `<!-- end -->`; NAME is a key of TABLES. To add a table, write a function from
the library to Markdown and add it to TABLES; to have another page checked, add it to PAGES. Rendering is pure and reads no
clock; only `main` touches files. `python -m containment.verify.tables` names stale pages (exit 1), `--write` rewrites them.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from containment.lab.home import write_whole
from containment.library import load_library
from containment.model.catalog import DestinationKind, Entry
from containment.model.errors import ContainmentError, InputError, Problem
from containment.model.preset import Harness, Library, Preset
from containment.verify.markdown import table
from containment.verify.reference import config_keys, help_of, host_files_table, policy_rules, preflight_checks
from containment.verify.risk_tables import residual_kinds, residual_matrix
from containment.verify.rule_pages import rules_in_full, waivers_example
from containment.verify.threat_tables import entry_table, threat_table
from containment.verify.type_tables import bounded_types, harmless_types, house_types, judged_types, type_counts

Renderer = Callable[[Library], str]

PAGES: Final = (
    "README.md",
    "presets/README.md",
    "docs/config.md",
    "docs/residual-risks.md",
    "docs/rules.md",
    "docs/types.md",
    "docs/how-the-pack-decides.md",
    "docs/threats.md",
    "docs/cli.md",
    "docs/host.md",
    "docs/preflight.md",
)
"""Pages with generated blocks, relative to the repository."""

_BLOCK: Final = re.compile(r"<!-- generated: (?P<name>[^\n]*?) -->\n(?P<body>.*?)<!-- end -->", re.DOTALL)
_MARKER: Final = re.compile(r"<!-- (?:generated\b[^\n]*?|end) -->")
_FLAGS: Final[Mapping[str, Callable[[Entry], bool]]] = {
    "uploads": lambda entry: entry.uploads,
    "relays": lambda entry: entry.relays,
    "foreign tenant": lambda entry: entry.foreign_tenant,
}


def classes(library: Library) -> str:
    """Classes as the seeds describe them, with the harness each is prepared for."""
    header = ("class", "title", "permits", "denies", "harness", "core")
    rows = [
        (f"`{p.name}`", p.title, ", ".join(p.permits), ", ".join(p.denies), p.harness.value, p.core.value) for p in library.presets.values()
    ]
    return table(header, rows)


def class_demands(library: Library) -> str:
    """Classes with what is refused to them by host, and what their stacks cannot switch off."""
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
    return table(header, rows)


def class_list(library: Library) -> str:
    """Classes in one line each, for the front page."""
    rows = [(f"`{p.name}`", ", ".join(p.permits), ", ".join(p.denies)) for p in library.presets.values()]
    return table(("class", "typical permits", "typical denies"), rows)


def class_sets(library: Library) -> str:
    """Sets against classes: what each class, with its own harness, permits and denies."""
    rows = [
        (f"`{name}`", f"`{found.web_group.value}`", *(_side(library, preset, name) for preset in library.presets.values()))
        for name, found in library.sets.items()
    ]
    return table(("set", "WebGroup", *(f"`{name}`" for name in library.presets)), rows)


def _side(library: Library, preset: Preset, name: str) -> str:
    if name in preset.deny_sets:
        return "deny"
    if name in preset.permit_sets:
        return "permit"
    return "permit (harness)" if name in library.core_of(preset, preset.harness) else "-"


def harnesses(library: Library) -> str:
    """Harnesses with the core sets each brings, in both forms."""

    def cell(names: tuple[str, ...]) -> str:
        return ", ".join(f"`{name}`" for name in names) or "none"

    rows = [(harness.value, cell(library.harness_sets[harness]), cell(library.minimal_sets[harness])) for harness in Harness]
    return table(("harness", "full core", "minimal core"), rows)


def sets(library: Library) -> str:
    """Sets with their size, and how many of their entries carry each flag."""
    rows = [
        (
            f"[`{name}`](catalog/{name}.yaml)",
            found.purpose,
            str(len(found.entries)),
            *(str(sum(map(flag, found.entries))) for flag in _FLAGS.values()),
        )
        for name, found in library.sets.items()
    ]
    return table(("set", "purpose", "destinations", *_FLAGS), rows)


def residual(library: Library) -> str:
    """Permitted destinations that take data in or pass it on, with the classes that reach them: what names alone do not stop."""
    rows = [
        (
            f"`{entry.pattern}`",
            f"`{name}`",
            ", ".join(f"`{found}`" for found in reached),
            *("yes" if flag(entry) else "-" for flag in _FLAGS.values()),
            entry.reason,
        )
        for name, members in library.sets.items()
        if (reached := [preset.name for preset in library.presets.values() if name in library.permitted_sets(preset, preset.harness)])
        for entry in members.entries
        if entry.uploads or entry.relays
    ]
    return table(("destination", "set", "classes", *_FLAGS, "why it is here"), rows)


TABLES: Final[Mapping[str, Renderer]] = {
    "classes": classes,
    "class-list": class_list,
    "class-demands": class_demands,
    "class-sets": class_sets,
    "harnesses": harnesses,
    "sets": sets,
    "residual": residual,
    "residual-kinds": residual_kinds,
    "residual-matrix": residual_matrix,
    "config-keys": config_keys,
    "threats": threat_table,
    "threat-entries": entry_table,
    "policy-rules": policy_rules,
    "policy-rules-in-full": rules_in_full,
    "waivers": waivers_example,
    "type-counts": type_counts,
    "types-judged": judged_types,
    "types-bounded": bounded_types,
    "types-harmless": harmless_types,
    "house-types": house_types,
    "host-files": host_files_table,
    "preflight-checks": preflight_checks,
    "help preflight": help_of("preflight"),
    "help plan": help_of("plan"),
    "help host": help_of("host"),
    "help doctor": help_of("doctor"),
    **{f"help {verb}": help_of(verb) for verb in ("explain", "reach", "diff", "prove", "risk", "check")},
    "help lab": help_of("lab"),
    "help lab up": help_of("lab", "up"),
    "help lab verify": help_of("lab", "verify"),
    "help lab run": help_of("lab", "run"),
    "help lab watch": help_of("lab", "watch"),
    "help lab report": help_of("lab", "report"),
    "help lab world": help_of("lab", "world"),
}


def rewrite(page: str, library: Library, where: str = "page", tables: Mapping[str, Renderer] = TABLES) -> str:
    """Return the page with every generated block filled in; raises InputError for an unknown name or a block not closed."""
    problems = [
        _problem(where, f"asks for the table {found['name']!r}, which does not exist", f"use one of: {', '.join(tables)}")
        for found in _BLOCK.finditer(page)
        if found["name"] not in tables
    ]
    loose = [_BLOCK.sub("", page), *(found["body"] for found in _BLOCK.finditer(page))]
    problems += [
        _problem(where, f"has {marker!r} without its other half", "write <!-- generated: NAME --> ... <!-- end -->")
        for text in loose
        for marker in _MARKER.findall(text)
    ]
    if problems:
        raise InputError("generated tables cannot be written", problems)
    return _BLOCK.sub(lambda found: f"<!-- generated: {found['name']} -->\n{tables[found['name']](library)}<!-- end -->", page)


def _problem(where: str, what: str, fix: str) -> Problem:
    return Problem(where, what, "a block that is not rewritten goes stale unseen", fix)


def main(arguments: Sequence[str] | None = None) -> int:
    """Check every page, or rewrite it with `--write`; 0 when all are fresh, 1 when one is stale or cannot be read."""
    parser = argparse.ArgumentParser(prog="python -m containment.verify.tables", description="Check or rewrite generated tables.")
    parser.add_argument("--write", action="store_true", help="rewrite stale pages")
    parser.add_argument("--root", type=Path, default=Path(__file__).parents[2], help="the repository (default: this one)")
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
                print(f"{name}: stale; run python -m containment.verify.tables --write", file=sys.stderr)
    except (ContainmentError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
