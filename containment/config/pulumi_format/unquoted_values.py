"""Values that change when they are written without quotes, and the text to write instead.

The Pulumi engine passes numbers and dates of a stack file on in another form (`engine_values`). Where the original text can be recovered
from that form, it is used; where it cannot, the error contains the text to quote. Pure.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BeforeValidator

from containment.fixes.texts import read_boolean
from containment.fixes.unfit_value import NO_VALUE, UnfitError

ACCOUNT_DIGITS: Final = 12
"""Digits of an AWS account id (AWS Account Management reference)."""

_TIMESTAMP: Final = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2}) ([0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?) [-+][0-9]{4} [-+A-Z0-9]+")
_MIDNIGHT_UTC: Final = " 00:00:00 +0000 UTC"
_NUMBER: Final = re.compile(r"[-+]?[0-9]+(\.[0-9]+)?(e[-+]?[0-9]+)?")
_DAYS: Final = frozenset({"until"})
"""Keys inside objects whose values are dates."""

Path = tuple[int | str, ...]


def find_dates(value: Any, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Yield the path of each date without quotes, and the text to quote; `value` is a text, or JSON text of a list or object."""
    if isinstance(value, str) and not path and value[:1] in ("[", "{") and _TIMESTAMP.search(value):
        try:
            value = json.loads(value)
        except ValueError:
            return
    if isinstance(value, dict):
        for key, item in value.items():
            if key not in _DAYS:
                yield from find_dates(item, (*path, key))
    elif isinstance(value, list | tuple):
        for number, item in enumerate(value):
            yield from find_dates(item, (*path, number))
    elif isinstance(value, str) and (found := _TIMESTAMP.fullmatch(value)):
        yield path, value.removesuffix(_MIDNIGHT_UTC) if value.endswith(_MIDNIGHT_UTC) else f"{found[1]} {found[2]}"


def _parse_day(raw: Any) -> Any:
    """Return a day as YYYY-MM-DD; the engine passes an unquoted one on as a timestamp."""
    if isinstance(raw, int | float) or (isinstance(raw, str) and _NUMBER.fullmatch(raw)):
        raise UnfitError("is a number and not a day", "write it as in 2027-03-31")
    if isinstance(raw, str) and (found := _TIMESTAMP.fullmatch(raw)):
        if not raw.endswith(_MIDNIGHT_UTC):
            raise UnfitError("has a time of day", f'write the day alone: "{found[1].partition(" ")[0]}"', found[1])
        return found[1]
    return raw


def _check_account(raw: Any) -> Any:
    """Refuse digits that are too few for an AWS account id: without quotes, leading zeros are lost."""
    text = str(raw) if isinstance(raw, int) and not isinstance(raw, bool) else raw
    if isinstance(text, str) and text.isascii() and text.isdecimal() and len(text) < ACCOUNT_DIGITS:
        found = _recover_account_ids(text)
        only = found[0] if len(found) == 1 else NO_VALUE
        fix = "quote it: " + (" or ".join(f'"{one}"' for one in found) or "all 12 digits")
        raise UnfitError("is not a 12-digit AWS account: without quotes leading zeros are lost", fix, only)
    return raw


def _check_account_name(text: str) -> Any:
    """Refuse a name that was an AWS account id with leading zeros; other names are texts of any form."""
    return _check_account(text) if len(text) >= ACCOUNT_DIGITS - 3 else text


def _recover_account_ids(text: str) -> list[str]:
    """Return the account ids that YAML reads as this number: decimal, or octal where no digit is 8 or 9."""
    decimal, octal = text.zfill(ACCOUNT_DIGITS), f"{int(text):o}".zfill(ACCOUNT_DIGITS)
    found = [decimal] if set(decimal) & set("89") else []
    found += [octal] if len(octal) == ACCOUNT_DIGITS and octal.startswith("0") else []
    return list(dict.fromkeys(found))


def _check_release(text: str) -> str:
    """Refuse a release that YAML reads as a number, which loses zeros: 1.10 arrives as 1.1."""
    if _NUMBER.fullmatch(text):
        raise UnfitError("is a number, which loses zeros without quotes", "name the whole release, such as 2026.9.6")
    return text


def _check_flag(raw: Any) -> Any:
    """Refuse a value that is neither true nor false: `yes`, `on` and 1 are texts and numbers to the engine."""
    if isinstance(raw, bool) or raw in ("true", "false"):
        return raw
    meant = read_boolean(raw)
    if meant is None:
        raise UnfitError("is not a valid boolean", "write true or false")
    raise UnfitError("is not a valid boolean", f"write {str(meant).lower()}, without quotes", meant)


Day = Annotated[date, BeforeValidator(_parse_day)]
Flag = Annotated[bool, BeforeValidator(_check_flag)]
ACCOUNT: Final = BeforeValidator(_check_account)
ACCOUNT_NAME: Final = AfterValidator(_check_account_name)
WHOLE_RELEASE: Final = AfterValidator(_check_release)
