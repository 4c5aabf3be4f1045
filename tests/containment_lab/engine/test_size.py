"""The lab engine stays a small test engine: it is read in an afternoon, and nobody takes it for `pulumi`."""

from __future__ import annotations

import ast
import io
import tokenize
from pathlib import Path

from containment_lab import engine

LIMIT = 1550
_NO_CODE = {
    tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENCODING, tokenize.ENDMARKER,
}  # fmt: skip


def code_lines(source: str) -> int:
    """Count the lines of a module that hold code: a token other than a comment, outside docstrings (attributes' included)."""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    held = {line for token in tokens if token.type not in _NO_CODE for line in range(token.start[0], token.end[0] + 1)}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            held.difference_update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return len(held)


def test_only_code_is_counted() -> None:
    source = '"""Doc."""\n\nLIMIT = 3  # why\n"""Doc\nof LIMIT."""\n\n# alone\ndef f() -> str:\n    """Doc."""\n    return """a\n\nb"""\n'
    assert code_lines(source) == 5


def test_the_engine_is_no_more_than_1550_lines_of_code() -> None:
    """Counted: every module of containment_lab/engine, without blank lines, comments and docstrings; no line is longer than ruff allows."""
    files = sorted(Path(engine.__path__[0]).rglob("*.py"))
    counts = {path.name: code_lines(path.read_text()) for path in files}
    assert len(counts) > 5
    assert sum(counts.values()) <= LIMIT, counts
