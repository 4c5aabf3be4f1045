"""The policy pack's rules in full, for docs/rules.md: what each demands, where, and one of its samples before and after.

Everything is taken from the rules themselves and from the sample programs that try them, so that no page can say what no
test has shown. The sample shown is the shortest of a rule's own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from containment import strict_yaml
from containment.model.preset import Library
from containment.verify.sample_cut import Cut, cut

if TYPE_CHECKING:
    from policypack.finding import Rule

REPOSITORY = Path(__file__).parents[2]
SAMPLES = Path("tests/samples")


@dataclass(frozen=True, slots=True)
class Sample:
    """One way of breaking a rule: its folder, what it says of itself, and its lines."""

    path: str
    title: str
    cut: Cut


def rules_in_full(_: Library) -> str:
    """Every rule with its scope, why, fix, the same demand elsewhere, a sample before and after, and its other samples."""
    from policypack.registry import RULES
    from policypack.waiver_rule import rule_of
    from policypack.waivers import Waivers

    return "\n".join([*(_section(rule, samples_of(rule.id)) for rule in RULES), _section(rule_of(Waivers()), [])])


def waivers_example(_: Library) -> str:
    """What the pack's own waivers file says, its example included."""
    from policypack.waivers import FILE

    return f"```yaml\n{FILE.read_text(encoding='utf-8').strip()}\n```\n"


def samples_of(rule: str, root: Path = REPOSITORY) -> list[Sample]:
    """Return a rule's samples, the shortest first."""
    found = []
    for program in sorted((root / SAMPLES / rule).glob("*/__main__.py")):
        project: dict[str, Any] = strict_yaml.read(program.parent / "Pulumi.yaml")
        path = program.parent.relative_to(root).as_posix()
        found.append(Sample(path, str(project["description"]), cut(program.read_text(encoding="utf-8"))))
    return sorted(found, key=lambda sample: (len(sample.cut.before), sample.path))


def _section(rule: Rule, samples: list[Sample]) -> str:
    lines = [f"### `{rule.id}`", "", f"**{rule.severity.value}** · judges {rule.scope.value}", "", _plain(rule.info), ""]
    lines += [f"- Why: {_plain(rule.why)}.", f"- Fix: {_plain(rule.fix)}."]
    if rule.ids:
        lines.append(f"- Same demand elsewhere: {', '.join(rule.ids)}.")
    return "\n".join([*lines, "", *_shown(samples)])


def _shown(samples: list[Sample]) -> Iterator[str]:
    if not samples:
        return
    first, *others = samples
    places = ", ".join(
        dict.fromkeys(f"`{where}`: {why}{' (once ids are known)' if later else ''}" for where, why, later in first.cut.marks)
    )
    yield from (f"Before ([{first.title}](../{first.path}/__main__.py)), refused at {places}.", "")
    yield from ("```python", first.cut.before, "```", "")
    yield from ("After:", "", "```python", first.cut.after, "```", "")
    if others:
        listed = "; ".join(f"[{one.title[:1].lower()}{one.title[1:]}](../{one.path}/__main__.py)" for one in others)
        yield from (f"Refused as well: {listed}.", "")


def _plain(text: str) -> str:
    """Return text that Markdown shows as it is: `<stack>` is no tag."""
    return text.replace("<", "&lt;")
