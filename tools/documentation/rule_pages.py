"""Pages of the policy pack's rules (docs/rules/): requirement, scope, and a sample before and after its repair.

All content comes from the rules and from the sample programs that test them, so a page contains only what a test has checked. A page shows
the shortest sample of its rule and links the others.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from containment.catalog.preset import Library
from containment.loaders import strict_yaml
from tools.documentation.sample_cut import SampleCut, split_sample

if TYPE_CHECKING:
    from policypack.finding import Rule

REPOSITORY = Path(__file__).parents[2]
SAMPLES = Path("tests/samples")


@dataclass(frozen=True, slots=True)
class Sample:
    """One sample that violates a rule: its folder, title and code."""

    path: str
    title: str
    cut: SampleCut


def render_rule_pages(root: Path = REPOSITORY) -> Mapping[str, str]:
    """Return one page per rule, by file name; the rule about waivers has no sample."""
    from policypack.decision_rule import build_decision_rule
    from policypack.registry import RULES
    from policypack.waiver_rule import build_waiver_rule
    from policypack.waivers import Waivers

    rules = (*RULES, build_decision_rule(None, Waivers()), build_waiver_rule(Waivers()))
    return {f"{rule.id}.md": _format_page(rule, read_samples(rule.id, root)) for rule in rules}


def render_waivers_example(_: Library) -> str:
    """Render the pack's waivers file, with its example."""
    from policypack.waivers import FILE

    return f"```yaml\n{FILE.read_text(encoding='utf-8').strip()}\n```\n"


def read_samples(rule: str, root: Path = REPOSITORY) -> list[Sample]:
    """Return a rule's samples, shortest first."""
    found = []
    for program in sorted((root / SAMPLES / rule).glob("*/__main__.py")):
        project: dict[str, Any] = strict_yaml.read(program.parent / "Pulumi.yaml")
        path = program.parent.relative_to(root).as_posix()
        found.append(Sample(path, str(project["description"]), split_sample(program.read_text(encoding="utf-8"))))
    return sorted(found, key=lambda sample: (len(sample.cut.before), sample.path))


def _format_page(rule: Rule, samples: list[Sample]) -> str:
    lines = [f"# `{rule.id}`", "", "<!-- Written by `make docs` from the rule and its samples. -->", "", _escape_text(rule.info), ""]
    lines += [f"- **Severity:** {rule.severity.value}", f"- **Judges:** {rule.scope.value}"]
    lines += [f"- **Why:** {_escape_text(rule.why)}.", f"- **Fix:** {_escape_text(rule.fix)}."]
    if rule.ids:
        lines.append(f"- **Same demand elsewhere:** {', '.join(rule.ids)}")
    return "\n".join([*lines, "", *_format_sides(samples), "[All rules](index.md)", ""])


def _format_sides(samples: list[Sample]) -> Iterator[str]:
    """Yield the lines for the shortest sample before and after, and links to the other samples."""
    if not samples:
        return
    first, *others = samples
    places = [f"- `{where}`: {why}{' (once ids are known)' if later else ''}" for where, why, later in first.cut.marks]
    yield from ("## Refused", "", f"[{first.title}](../../{first.path}/__main__.py). Refused at:", "", *dict.fromkeys(places), "")
    yield from ("```python", first.cut.before, "```", "")
    yield from ("## Repaired", "", "```python", first.cut.after, "```", "")
    if others:
        yield from ("## Other samples that are refused", "", *(f"- [{one.title}](../../{one.path}/__main__.py)" for one in others), "")


def _escape_text(text: str) -> str:
    """Return text that Markdown shows literally, so that `<stack>` is not a tag."""
    return text.replace("<", "&lt;")
