"""How many private addresses the permits of a policy may reach by address alone, and the file that may raise it.

The default is the number of addresses of a /20. `bounds.yaml`, beside the pack, raises it with an owner, a reason and an end;
a mistake in the file makes the whole file void, and the default holds. Pure except for `current`, which reads file and clock once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from containment import strict_yaml
from containment.model.words import has_word

FILE: Final = Path(__file__).parents[1] / "bounds.yaml"
DEFAULT: Final = 4096
"""Addresses of a /20 IPv4 network."""
MOST: Final = 2**20
"""The highest value that the file can state: the addresses of a /12."""
LONGEST: Final = 366
"""How many days ahead a raised bound may end."""

_KEYS: Final = ("bound", "value", "owner", "reason", "until")
_NAME: Final = "private-addresses"


@dataclass(frozen=True, slots=True)
class Bound:
    """The bound of one day; `problems` are sentences about a file that does not count."""

    addresses: int = DEFAULT
    problems: tuple[str, ...] = ()


@lru_cache(maxsize=1)
def current() -> Bound:
    """Return the bound of today (UTC), from the file beside the pack; a file that is missing changes nothing."""
    try:
        text = FILE.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Bound()
    except (OSError, UnicodeDecodeError) as error:
        return Bound(problems=(f"{FILE.name} cannot be read: {error}",))
    return parse(text, datetime.now(UTC).date())


def parse(text: str, today: date) -> Bound:
    """Return the bound that a text states for a day."""
    try:
        document = strict_yaml.load(text)
    except strict_yaml.StrictYamlError as error:
        return Bound(problems=(f"{FILE.name}: {error}",))
    if document is None:
        return Bound()
    if not isinstance(document, list):
        return Bound(problems=(f"{FILE.name} is not a list of bounds",))
    problems: list[str] = []
    for number, raw in enumerate(document, 1):
        problems += (f"{FILE.name}, entry {number} {what}" for what in _wrong(raw, today))
    if len(document) > 1:
        problems.append(f"{FILE.name} states {_NAME} more than once")
    return Bound(DEFAULT, tuple(problems)) if problems else Bound(int(document[0]["value"]))


def _wrong(raw: Any, today: date) -> Iterator[str]:
    if not isinstance(raw, dict):
        yield f"is not a bound ({', '.join(_KEYS)})"
        return
    yield from (f"has {key!r}, which is no key of a bound" for key in raw if key not in _KEYS)
    yield from (f"has no {key}" for key in _KEYS if raw.get(key) in (None, ""))
    if raw.get("bound") not in (None, "", _NAME):
        yield f"has bound {raw['bound']!r}; the only one is {_NAME}"
    value, until = raw.get("value"), raw.get("until")
    if value not in (None, "") and (isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MOST):
        yield f"has value {value!r}, which is no number from 0 to {MOST}"
    for key in ("owner", "reason"):
        text = raw.get(key)
        if text not in (None, "") and not (isinstance(text, str) and has_word(text)):
            yield f"has {key} {text!r}, which has no word in it"
    if until in (None, ""):
        return
    if isinstance(until, datetime) or not isinstance(until, date):
        yield f"has until {until!r}, which is no day (YYYY-MM-DD)"
    elif until < today:
        yield f"ended on {until}; remove it, or decide again and write a new end"
    elif (until - today).days > LONGEST:
        yield f"ends on {until}, more than a year from today"
