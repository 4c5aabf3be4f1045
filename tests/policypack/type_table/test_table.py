"""The table's files agree with the rules and with the providers: every judged line names rules that read the type."""

from __future__ import annotations

import importlib
import inspect
import re

import pytest

from policypack.registry import RULES
from policypack.type_table import table
from policypack.type_table.table import TypeLine
from tests.policypack.type_table.reading import CONSTANTS, tokens_in, types_read_by

JUDGED = [line for line in table.load_lines().values() if line.is_judged]
BOUNDED = [line for line in table.load_lines().values() if line.bounds]


@pytest.mark.parametrize("line", JUDGED, ids=lambda line: line.type)
def test_a_judged_type_is_read_by_the_rules_that_its_line_names(line: TypeLine) -> None:
    ids = {rule.id for rule in RULES}
    for rule in line.rules:
        assert rule in ids
        assert line.type in types_read_by(rule), rule


def test_what_a_rule_reads_is_less_than_what_there_is() -> None:
    assert "aws:route53/resolverRule:ResolverRule" not in types_read_by("agent-host-requires-imdsv2")
    assert "aviatrix:index/webGroup:WebGroup" not in types_read_by("agent-volumes-are-encrypted")
    assert not any("lambda" in token for rule in RULES for token in types_read_by(rule.id))


def test_every_type_that_rules_read_is_judged_or_bounded() -> None:
    read = {token for module in CONSTANTS.values() for name, value in vars(module).items() if name.isupper() for token in tokens_in(value)}
    lines = table.load_lines()
    assert {token for token in read if token not in lines} == set()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # pulumi-aws deprecates types of its own
@pytest.mark.parametrize("line", BOUNDED, ids=lambda line: line.type)
def test_a_bounded_property_is_one_that_the_type_has(line: TypeLine) -> None:
    if not line.type.startswith("aws:"):
        return
    module, name = line.type.split(":")[1].split("/")[0], line.type.rpartition(":")[2]
    kind = getattr(importlib.import_module(f"pulumi_aws.{module}"), f"{name}Args")
    takes = {re.sub(r"_(\w)", lambda found: found[1].upper(), parameter) for parameter in inspect.signature(kind.__init__).parameters}
    assert {bound.path.split(".")[0].removesuffix("[]") for bound in line.bounds} <= takes


def test_a_file_that_contradicts_another_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "FILES", ("harmless.yaml", "harmless.yaml"))
    table.load_lines.cache_clear()
    with pytest.raises(ValueError, match="has two lines"):
        table.load_lines()
    monkeypatch.undo()
    table.load_lines.cache_clear()
    assert table.load_lines()
