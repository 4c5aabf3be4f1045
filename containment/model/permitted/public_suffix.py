"""Public suffixes: domains under which strangers can register names, such as co.uk and github.io.

Source: the Public Suffix List (https://publicsuffix.org), ICANN and private section, as the library `publicsuffixlist`
ships it. The dependency's hash pins the list; nothing is downloaded. The library is imported on first use, because most
programs that import this package never ask.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import idna

from containment.model.permitted.suffixes import parents_of

if TYPE_CHECKING:
    from publicsuffixlist import PublicSuffixList


def suffix_of(name: str) -> str | None:
    """Return the public suffix of a name in ASCII form, None when its top-level domain is not listed."""
    found = _list().publicsuffix(_unicode(name), accept_unknown=False)
    if found is None:
        return None
    return ".".join(name.split(".")[-len(found.split(".")) :])


def registrable(name: str) -> str | None:
    """Return the domain that one registrant owns: the public suffix and one label, None for a suffix or an unlisted one."""
    suffix = suffix_of(name)
    if suffix is None or suffix == name:
        return None
    return ".".join(name.split(".")[-suffix.count(".") - 2 :])


def has_suffix_below(domain: str) -> bool:
    """Return whether a public suffix lies strictly below a domain, as s3.amazonaws.com lies below amazonaws.com."""
    return _unicode(domain) in _parents()


def rules() -> frozenset[str]:
    """Return the rules of the list as its authors write them, in Unicode: `co.uk`, `*.ck`, `!www.ck`."""
    return _list()._publicsuffix  # noqa: SLF001 - the library has no public name for them; a test compares them with its file


@functools.cache
def _list() -> PublicSuffixList:
    from publicsuffixlist import PublicSuffixList

    return PublicSuffixList(accept_encoded_idn=False)  # the list's own Unicode form: encoding 10,000 rules costs 60 ms


@functools.cache
def _parents() -> frozenset[str]:
    return parents_of(rule.removeprefix("!").removeprefix("*.") for rule in rules())


def _unicode(name: str) -> str:
    if "xn--" not in name:
        return name
    return ".".join(_u_label(label) for label in name.split("."))


def _u_label(label: str) -> str:
    try:
        return idna.ulabel(label) if label.startswith("xn--") else label
    except idna.IDNAError:
        return label  # not decodable: no rule of the list is, so it matches none


def is_public_suffix(name: str) -> bool:
    """Return whether a name is a public suffix itself."""
    return suffix_of(name) == name


def listed_top_level(name: str) -> bool:
    """Return whether a name's top-level domain is in the list, itself or with suffixes below it (as .za is)."""
    return suffix_of(name) is not None or has_suffix_below(name.rpartition(".")[2])
