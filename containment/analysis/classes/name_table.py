"""Lookup of the rules that match one server name: dictionaries for exact names and wildcards, a list for other patterns."""

from __future__ import annotations

from collections.abc import Callable

from containment.patterns.domain import DomainPattern, normalize
from containment.policy.flow import Application
from containment.policy.rules import RuleSet
from containment.ternary import Ternary


class NameTable:
    """The names of one rule set's WebGroups."""

    def __init__(self, ruleset: RuleSet) -> None:
        self._exact: dict[str, int] = {}
        self._tails: dict[str, int] = {}
        self._apexes: dict[str, int] = {}
        self._lengths: set[int] = set()
        self._asked: list[tuple[Callable[[str], Ternary], int, Application | None]] = []
        self._every = self._every_unsure = 0
        for index, rule in enumerate(ruleset.rules):
            bit = 1 << index
            for group in (ruleset.web_groups[name] for name in rule.web_groups):
                for pattern in group.patterns:
                    self._add(pattern, bit)
                for pattern in group.unsure:
                    self._asked.append((_limit_to_maybe(pattern.matches), bit, None))
                    self._every_unsure |= bit if pattern.text == "*" else 0
                for url in group.urls:
                    ask = _limit_to_maybe(url.host.matches)
                    self._asked.append((ask, bit, None if rule.decrypts else Application.HTTP))
        self._every |= self._tails.get("", 0)

    def _add(self, pattern: DomainPattern, bit: int) -> None:
        if pattern.is_exact:
            self._exact[pattern.text] = self._exact.get(pattern.text, 0) | bit
        elif "*" in pattern.text[1:]:
            self._asked.append((pattern.matches, bit, None))
        else:
            tail = pattern.text[1:]
            self._tails[tail] = self._tails.get(tail, 0) | bit
            if not tail.startswith("."):
                self._lengths.add(len(tail))
            if pattern.apex is not None:
                self._apexes[pattern.apex] = self._apexes.get(pattern.apex, 0) | bit

    def find_rules(self, name: str | None, application: Application) -> tuple[int, int]:
        """Return the rules that match `name`, for certain and perhaps, as bits; without a name, only those that match every name."""
        if not name:
            return self._every, self._every | self._every_unsure
        try:
            spelled = normalize(name)
        except ValueError:
            return 0, 0
        tails = self._tails
        must = self._exact.get(spelled, 0) | self._every
        _, dot, above = spelled.partition(".")
        while dot:
            must |= tails.get(f".{above}", 0)
            _, dot, above = above.partition(".")
        for length in self._lengths:
            must |= tails.get(spelled[-length:], 0)
        may = must | self._apexes.get(spelled, 0)
        for ask, bit, only in self._asked:
            if only is None or only is application:
                match = ask(spelled)
                if match is Ternary.YES:
                    must |= bit
                if match is not Ternary.NO:
                    may |= bit
        return must, may | must


def _limit_to_maybe(ask: Callable[[str], Ternary]) -> Callable[[str], Ternary]:
    return lambda name: Ternary.NO if ask(name) is Ternary.NO else Ternary.MAYBE
