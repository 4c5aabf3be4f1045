"""What the documentation shows of a sample is what the sample does: the same program, with the switch thrown either way."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tools.documentation.sample_cut import split_sample

SAMPLES = sorted((Path(__file__).parents[3] / "tests" / "samples").glob("*/*/__main__.py"))


class Throw(ast.NodeTransformer):
    """Throws the switch in a syntax tree, without looking at any text."""

    def __init__(self, is_repaired: bool) -> None:
        self.is_repaired = is_repaired

    def asked(self, node: ast.expr) -> bool | None:
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            asked = self.asked(node.operand)
            return None if asked is None else not asked
        return self.is_repaired if ast.unparse(node).split(".")[-1] == "REPAIRED" else None

    def visit_IfExp(self, node: ast.IfExp) -> ast.AST:
        asked = self.asked(node.test)
        return self.generic_visit(node) if asked is None else self.visit(node.body if asked else node.orelse)

    def visit_If(self, node: ast.If) -> ast.AST | list[ast.AST]:
        asked = self.asked(node.test)
        return self.generic_visit(node) if asked is None else [self.visit(one) for one in (node.body if asked else node.orelse)]

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.AST:
        asked = self.asked(node)
        return self.generic_visit(node) if asked is None else ast.Constant(asked)

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        return ast.Constant(self.is_repaired) if node.attr == "REPAIRED" else self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return ast.Constant(self.is_repaired) if node.id == "REPAIRED" and isinstance(node.ctx, ast.Load) else node


def spelled(text: str) -> list[str]:
    """Return a program's lines in one spelling, without the blank ones around definitions."""
    return [line for line in ast.unparse(ast.parse(text)).splitlines() if line]


def program(source: str, is_repaired: bool) -> str:
    """Return a sample's own statements with the switch thrown."""
    tree = Throw(is_repaired).visit(ast.parse(source))
    kept = [one for one in tree.body if not isinstance(one, ast.Import | ast.ImportFrom)]
    lines = [ast.unparse(one) for one in kept[1:]]  # the first is the docstring
    return "\n".join(line for line in lines if not line.startswith(("sys.path.insert(", "REPAIRED =")))


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: f"{path.parts[-3]}/{path.parts[-2]}")
def test_before_and_after_are_the_sample_and_its_twin(path: Path) -> None:
    source = path.read_text()
    found = split_sample(source)
    assert spelled(found.before) == spelled(program(source, is_repaired=False))
    assert spelled(found.after) == spelled(program(source, is_repaired=True))
    assert "NOT OK" not in found.before + found.after
    if path.parts[-3] != "sound":
        assert found.marks
        assert found.before != found.after


def test_branches_keep_their_comments_and_move_out() -> None:
    source = '"""x."""\nif REPAIRED:\n    # why it is right\n    a(1)\nelse:\n    # NOT OK: b: wrong\n    b(\n        2,\n    )\nlast()\n'
    found = split_sample(source)
    assert found.before == "b(\n    2,\n)\nlast()"
    assert found.after == "# why it is right\na(1)\nlast()"
    assert found.marks == (("b", "wrong", False),)


def test_choices_within_choices_and_letters_beyond_ascii() -> None:
    source = (
        '"""x."""\nname = "é" if not place.REPAIRED else ("ü" if place.REPAIRED else "ö")  # NOT OK once ids are known: c: why\nuse(name)\n'
    )
    found = split_sample(source)
    assert found.before == 'name = "é"\nuse(name)'
    assert found.after == 'name = ("ü")\nuse(name)' or found.after == 'name = "ü"\nuse(name)'
    assert found.marks == (("c", "why", True),)
