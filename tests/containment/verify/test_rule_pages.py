"""Every rule is documented with why, fix, scope and a sample before and after, from the sources that the tests run."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from containment.library import load_library
from containment.verify.rule_pages import REPOSITORY, rules_in_full, samples_of, waivers_example
from policypack.registry import RULES
from policypack.waivers import FILE

PAGE = REPOSITORY / "docs" / "rules.md"


@cache
def page() -> str:
    return rules_in_full(load_library())


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_has_a_section_with_before_and_after(rule: object) -> None:
    found = next(one for one in RULES if one is rule)
    section = page().split(f"### `{found.id}`\n", 1)[1].split("\n### ", 1)[0]
    assert f"**{found.severity.value}** · judges {found.scope.value}" in section
    assert f"- Why: {found.why.replace('<', '&lt;')}." in section
    assert f"- Fix: {found.fix.replace('<', '&lt;')}." in section
    shown, *others = samples_of(found.id)
    assert f"```python\n{shown.cut.before}\n```" in section
    assert f"```python\n{shown.cut.after}\n```" in section
    assert all(f"../{one.path}/__main__.py" in section for one in (shown, *others))


def test_the_page_links_to_what_is_there() -> None:
    text = PAGE.read_text()
    links = [part.split(")", 1)[0] for part in text.split("](../")[1:]]
    assert links
    assert all((REPOSITORY / link).is_file() for link in links)
    assert all(f"(#{rule.id})" in text and f"### `{rule.id}`" in text for rule in RULES)


def test_a_rule_without_samples_shows_none(tmp_path: Path) -> None:
    assert samples_of("no-such-rule", tmp_path) == []


def test_the_waivers_file_is_shown_as_it_is() -> None:
    assert FILE.read_text().strip() in waivers_example(load_library())
