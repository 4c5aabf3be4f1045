"""Public suffixes: domains under which strangers can register names, such as co.uk and github.io.

Source: the Public Suffix List (https://publicsuffix.org), ICANN and private section, as the library `publicsuffixlist`
ships it. The dependency's hash pins the list; nothing is downloaded. Whether one name is a suffix is looked up in the
list's lines, because a policy pack asks once per process and the library's parser costs ten times as much; a test compares
the two over every rule. Everything else is the library's.
"""

from __future__ import annotations

import functools
import pkgutil
from typing import TYPE_CHECKING

import idna

from containment.model.permitted.suffixes import parents_of

if TYPE_CHECKING:
    from publicsuffixlist import PublicSuffixList


def is_public_suffix(name: str) -> bool:
    """Return whether a name in ASCII form is a public suffix itself; False for a top-level domain that is not listed."""
    text = _unicode(name)
    if f"!{text}" in _lines():
        return False
    return text in _lines() or f"*.{text}" in _lines() or (f"*.{text.partition('.')[2]}" in _lines() and "." in text)


def listed_top_level(name: str) -> bool:
    """Return whether a name's top-level domain is in the list, itself or with suffixes below it (as .za is)."""
    top = _unicode(name.rpartition(".")[2])
    return top in _lines() or f"*.{top}" in _lines() or top in _parents()


def has_suffix_below(domain: str) -> bool:
    """Return whether a public suffix lies strictly below a domain, as s3.amazonaws.com lies below amazonaws.com."""
    return _unicode(domain) in _parents()


def registrable(name: str) -> str | None:
    """Return the domain that one registrant owns: the public suffix and one label, None for a suffix or an unlisted one."""
    suffix = _list().publicsuffix(_unicode(name), accept_unknown=False)
    if suffix is None or name.count(".") == suffix.count("."):
        return None
    return ".".join(name.split(".")[-suffix.count(".") - 2 :])


def rules() -> frozenset[str]:
    """Return the rules of the list as its authors write them, in Unicode: `co.uk`, `*.ck`, `!www.ck`."""
    return frozenset(line for line in _lines() if line and not line.startswith("//"))


@functools.cache
def _lines() -> frozenset[str]:
    """Return the lines of the list's file, comments included: no name is equal to one of them."""
    data = pkgutil.get_data("publicsuffixlist", "public_suffix_list.dat")
    assert data is not None, "publicsuffixlist is installed without its list"
    return frozenset(data.decode("utf-8").split("\n"))


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
