"""Domain patterns are compared by meaning: one spelling for a name, and exact answers checked against enumeration."""

from __future__ import annotations

import functools
import itertools
import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from containment.patterns.domain import DomainPattern, normalize
from containment.ternary import Ternary

LAWS = settings(max_examples=150, deadline=None, database=None, derandomize=True)

ONE_NAME = [
    "api.openai.com",
    "API.OpenAI.com",
    "api.openai.com.",
    "API.OpenAI.COM.",
    " api.openai.com\n",
    "api。openai。com",  # ideographic full stops
    "api．openai．com．",  # noqa: RUF001 - full-width full stops
    "ⓐpi.openai.com",  # circled letter
    "api.openai.com\u200b",  # zero width space
    "a\u200bpi.open\u00adai.com",  # zero width space, soft hyphen
    "\ufeffapi.openai.com",  # byte order mark
    "ａｐｉ.openai.com",  # noqa: RUF001 - full width
    "𝐚𝐩𝐢.openai.com",  # noqa: RUF001 - mathematical letters
]


@pytest.mark.parametrize("spelled", ONE_NAME, ids=ascii)
def test_every_spelling_of_a_name_is_that_name(spelled: str) -> None:
    assert normalize(spelled) == "api.openai.com"
    assert DomainPattern.parse("*.openai.com").matches(spelled) is Ternary.YES
    assert DomainPattern.parse(spelled) == DomainPattern.parse("api.openai.com")


@pytest.mark.parametrize(
    ("spelled", "name"),
    [
        ("аpi.openai.com", "xn--pi-6kc.openai.com"),  # noqa: RUF001 - Cyrillic a
        ("faß.de", "xn--fa-hia.de"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("BÜCHER.example", "xn--bcher-kva.example"),
        ("*.bücher.example", "*.xn--bcher-kva.example"),
        ("＊.example.com", "*.example.com"),  # noqa: RUF001 - full-width asterisk
        ("XN--PI-6KC.openai.com", "xn--pi-6kc.openai.com"),
        ("_dmarc.example.com", "_dmarc.example.com"),
        ("patch*--.*.example.com", "patch*--.*.example.com"),
    ],
)
def test_a_name_outside_ascii_has_its_a_label_form(spelled: str, name: str) -> None:
    assert normalize(spelled) == name


def test_a_look_alike_is_another_name_that_lies_inside_the_wildcard() -> None:
    look_alike = "аpi.openai.com"  # noqa: RUF001 - Cyrillic a
    assert DomainPattern.parse("api.openai.com").matches(look_alike) is Ternary.NO
    assert DomainPattern.parse("*.openai.com").matches(look_alike) is Ternary.YES


@pytest.mark.parametrize(
    ("spelled", "says"),
    [
        ("", "empty"),
        ("   ", "empty"),
        (".", "no label"),
        ("...", "no label"),
        ("\u200b", "no label"),
        ("a..b", "empty label"),
        (".example.com", "empty label"),
        ("http://example.com", "characters"),
        ("example.com:443", "characters"),
        ("example.com/path", "characters"),
        ("exa mple.com", "characters"),
        ("exa\tmple.com", "characters"),
        ("user@example.com", "characters"),
        ("a,b.example.com", "characters"),
        ("[::1]", "characters"),
        ("**.example.com", "refuses"),
        ("a.**", "refuses"),
        ("ü*.example.com", "mixes"),
        ("a" * 64 + ".com", "longer than 63"),
        (".".join(["a" * 60] * 5), "longer than 253"),
        ("ü" * 70 + ".com", "not a domain name"),
        ("💩.example.com", "not a domain name"),
        ("\u0300a.example.com", "not a domain name"),
    ],
    ids=ascii,
)
def test_what_cannot_be_a_pattern_is_refused_and_matched_by_no_pattern(spelled: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        normalize(spelled)
    assert DomainPattern("*").matches(spelled) is Ternary.NO


@LAWS
@given(st.text(max_size=12) | st.from_regex(r"[a-zA-Z*._。ß-]{1,12}", fullmatch=True))
@example("ẞ.de")
@example("İ.com")
def test_normalising_again_changes_nothing_and_nothing_else_is_raised(text: str) -> None:
    try:
        once = normalize(text)
    except ValueError:
        return
    assert normalize(once) == once
    assert re.fullmatch(r"[a-z0-9._*-]+", once)
    assert not once.endswith(".")


@pytest.mark.parametrize(
    ("pattern", "name", "match"),
    [
        ("github.com", "github.com", Ternary.YES),
        ("github.com", "api.github.com", Ternary.NO),
        ("*.github.com", "api.github.com", Ternary.YES),
        ("*.github.com", "a.b.github.com", Ternary.YES),
        ("*.github.com", "github.com", Ternary.MAYBE),
        ("*.github.com", "notgithub.com", Ternary.NO),
        ("*github.com", "notgithub.com", Ternary.YES),
        ("*github.com", "github.com", Ternary.YES),
        ("*.github.com", "github.com.evil.example", Ternary.NO),
        ("github.com*", "github.com.evil.example", Ternary.YES),
        ("ec2.*.amazonaws.com", "ec2.us-east-1.amazonaws.com", Ternary.YES),
        ("ec2.*.amazonaws.com", "ec2.a.b.amazonaws.com", Ternary.YES),
        ("ec2.*.amazonaws.com", "ec2.amazonaws.com", Ternary.NO),
        ("*.*.example.com", "b.example.com", Ternary.NO),
        ("*", "anything.example", Ternary.YES),
    ],
)
def test_a_star_spans_dots_and_the_apex_may_be_matched(pattern: str, name: str, match: Ternary) -> None:
    assert DomainPattern.parse(pattern).matches(name) is match


@pytest.mark.parametrize(
    ("pattern", "anchored"),
    [
        ("github.com", True),
        ("*.github.com", True),
        ("ec2.*.amazonaws.com", True),
        ("app*.example.com", True),
        ("*", False),
        ("*.com", False),
        ("*.*.com", False),
        ("localhost", False),
        ("*example.com", False),
        ("github.com*", False),
        ("github.*", False),
        ("a.example.*", False),
        ("a*b.com", False),
    ],
)
def test_a_pattern_is_anchored_when_nobody_can_register_a_name_it_matches(pattern: str, anchored: bool) -> None:
    assert DomainPattern.parse(pattern).is_anchored is anchored


# Enumeration: every pattern and every name over a small alphabet, compared with a regular expression.


def legal(text: str) -> bool:
    return bool(text) and "**" not in text and all(text.split("."))


def texts(alphabet: str, longest: int) -> list[str]:
    return ["".join(chars) for length in range(1, longest + 1) for chars in itertools.product(alphabet, repeat=length)]


PATTERNS = [text for text in texts("a.*", 4) if legal(text)] + ["*.a.b", "a*.b", "b.*", "*b*", "*.b", "b", "*.a*a", "*.*.*"]
NAMES = [text for text in texts("ab.", 8) if legal(text)]
SHORT_NAMES = [text for text in texts("acb.", 6) if legal(text)]
"""`c` is in no pattern: what a star alone can match."""


@functools.cache
def named(pattern: str, short: bool, with_apex: bool) -> frozenset[str]:
    """Return the names a pattern matches under one reading of the apex."""
    wanted = re.compile(re.escape(pattern).replace(r"\*", ".*"))
    found = frozenset(name for name in (SHORT_NAMES if short else NAMES) if wanted.fullmatch(name))
    apex = pattern[2:] if pattern.startswith("*.") and "*" not in pattern[2:] else None
    return found | {apex} if apex and with_apex else found


def both(readings: tuple[bool, bool]) -> Ternary:
    return {(True, True): Ternary.YES, (False, False): Ternary.NO}.get(readings, Ternary.MAYBE)


@pytest.mark.parametrize("pattern", PATTERNS)
def test_matches_agrees_with_enumeration(pattern: str) -> None:
    parsed = DomainPattern.parse(pattern)
    without, including = named(pattern, True, False), named(pattern, True, True)
    for name in SHORT_NAMES:
        if len(name) <= 4:
            assert parsed.matches(name) is both((name in without, name in including)), name


@pytest.mark.parametrize("one", PATTERNS)
def test_covers_agrees_with_enumeration(one: str) -> None:
    for two in PATTERNS:
        expected = both(tuple(named(two, True, apex) <= named(one, True, apex) for apex in (False, True)))  # type: ignore[arg-type]
        assert DomainPattern(one).covers(DomainPattern(two)) is expected, two


@pytest.mark.parametrize("one", [*PATTERNS, "a.*.*.b"])
def test_overlaps_and_its_witness_agree_with_enumeration(one: str) -> None:
    for two in [*PATTERNS, one]:
        expected = both(tuple(bool(named(one, False, apex) & named(two, False, apex)) for apex in (False, True)))  # type: ignore[arg-type]
        pair = DomainPattern(one), DomainPattern(two)
        assert pair[0].overlaps(pair[1]) is expected, two
        witness = pair[0].find_common_name(pair[1])
        assert (witness is None) == (expected is Ternary.NO), two
        if witness is not None:
            assert normalize(witness) == witness, two
            assert Ternary.NO not in (pair[0].matches(witness), pair[1].matches(witness)), two
            if expected is Ternary.YES:
                assert pair[0].matches(witness) is pair[1].matches(witness) is Ternary.YES, two


# Laws, on longer patterns than can be enumerated.

patterns = st.from_regex(r"(\*|[ab]{1,3}\*?)(\.(\*|\*?[ab]{1,3}\*?)){0,3}", fullmatch=True).filter(legal).map(DomainPattern.parse)
names = st.from_regex(r"[abc]{1,3}(\.[abc]{1,3}){0,4}", fullmatch=True)


@pytest.mark.slow
@LAWS
@given(patterns, patterns)
def test_overlap_is_symmetric_and_follows_from_cover(one: DomainPattern, two: DomainPattern) -> None:
    assert one.overlaps(two) is two.overlaps(one)
    assert one.covers(one) is Ternary.YES
    if one.covers(two) is Ternary.YES:
        assert one.overlaps(two) is Ternary.YES


@pytest.mark.slow
@LAWS
@given(patterns, patterns, patterns)
def test_cover_is_transitive(one: DomainPattern, two: DomainPattern, three: DomainPattern) -> None:
    if one.covers(two) is two.covers(three) is Ternary.YES:
        assert one.covers(three) is Ternary.YES


@pytest.mark.slow
@LAWS
@given(patterns, patterns, names)
def test_what_the_covered_matches_the_covering_matches(one: DomainPattern, two: DomainPattern, name: str) -> None:
    if two.matches(name) is Ternary.YES:
        if one.covers(two) is Ternary.YES:
            assert one.matches(name) is Ternary.YES
        if one.matches(name) is Ternary.YES:
            assert one.overlaps(two) is Ternary.YES
    assert one.matches(name) is one.matches(name.upper() + ".")


@pytest.mark.slow
@LAWS
@given(patterns, patterns)
def test_a_witness_is_a_name_that_both_match(one: DomainPattern, two: DomainPattern) -> None:
    witness = one.find_common_name(two)
    assert (witness is None) == (one.overlaps(two) is Ternary.NO)
    if witness is not None:
        assert normalize(witness) == witness
        assert Ternary.NO not in (one.matches(witness), two.matches(witness))
