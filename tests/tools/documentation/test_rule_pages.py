"""Every rule has a page with why, fix, scope and a sample before and after, from the sources that the tests run."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from containment.loaders.presets import load_library
from policypack.decision_rule import ID as DECISIONS
from policypack.finding import Rule
from policypack.registry import RULES
from policypack.waiver_rule import ID
from policypack.waivers import FILE
from tools.documentation.rule_pages import REPOSITORY, read_samples, render_rule_pages, render_waivers_example


@cache
def pages() -> dict[str, str]:
    return dict(render_rule_pages())


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_has_a_page_with_before_and_after(rule: Rule) -> None:
    page = pages()[f"{rule.id}.md"]
    assert page.startswith(f"# `{rule.id}`\n")
    assert f"- **Severity:** {rule.severity.value}\n- **Judges:** {rule.scope.value}\n" in page
    assert f"- **Why:** {rule.why.replace('<', '&lt;')}.\n" in page
    assert f"- **Fix:** {rule.fix.replace('<', '&lt;')}.\n" in page
    first, *others = read_samples(rule.id)
    refused, repaired = page.split("## Repaired")
    assert f"```python\n{first.cut.before}\n```" in refused
    assert f"```python\n{first.cut.after}\n```" in repaired
    assert all(f"../../{one.path}/__main__.py" in page for one in (first, *others))


def test_every_rule_has_one_page_and_waivers_and_decisions_have_theirs() -> None:
    assert set(pages()) == {f"{rule.id}.md" for rule in RULES} | {f"{ID}.md", f"{DECISIONS}.md"}


def test_a_page_links_to_samples_that_exist() -> None:
    links = {link for page in pages().values() for link in re.findall(r"\]\(\.\./\.\./([^)]+)\)", page)}
    assert len(links) >= len(RULES)
    assert all((REPOSITORY / link).is_file() for link in links)


def test_the_index_links_to_every_page() -> None:
    text = (REPOSITORY / "docs/rules/index.md").read_text()
    assert all(f"]({name})" in text for name in pages())


def test_a_rule_without_samples_shows_none(tmp_path: Path) -> None:
    assert read_samples("no-such-rule", tmp_path) == []


def test_the_waivers_file_is_shown_as_it_is() -> None:
    assert FILE.read_text().strip() in render_waivers_example(load_library())
