"""Ways to write one name: case, last dots, full-width and zero-width characters, other dots, Unicode labels and their ASCII forms."""

from __future__ import annotations

from typing import Final

import idna
from hypothesis import strategies as st

UNSEEN: Final = ("\u200b", "\u2060", "\ufeff", "\u00ad", "\u034f", "\ufe0f")
"""Characters that stand for nothing in a name (UTS 46 maps them to nothing)."""
DOTS: Final = (".", "\u3002", "\uff0e", "\uff61")
"""Characters that separate labels (UTS 46, RFC 3490)."""
FOREIGN: Final = ("bücher.example", "παράδειγμα.example", "例え.テスト.example", "правда.example")
"""Names that are not ASCII."""


def _wide(char: str) -> str:
    return chr(ord(char) + 0xFEE0) if char.isascii() and (char.isalnum() or char == "-") else char


@st.composite
def written(draw: st.DrawFn, name: str, *, ascii_only: bool = False) -> str:
    """Draw one spelling of a name; `ascii_only` leaves case and a last dot to choose from."""
    ascii_form = name if name.isascii() else draw(st.sampled_from([name, idna.encode(name, uts46=True).decode()]))
    out = []
    for char in ascii_form:
        if ascii_only:
            out.append(draw(st.sampled_from((char, char.upper()))))
            continue
        form = draw(st.sampled_from((char, char, char.upper(), _wide(char))))
        out.append(draw(st.sampled_from(DOTS)) if char == "." else form)
        if draw(st.integers(0, 9)) == 0:
            out.append(draw(st.sampled_from(UNSEEN)))
    return "".join(out) + draw(st.sampled_from(("", ".") if ascii_only else ("", ".", "\u3002")))
