"""Public suffixes: domains under which anyone can register names, such as co.uk and github.io.

Source: the Public Suffix List (https://publicsuffix.org), ICANN and private section, as the library `publicsuffixlist`
ships it. The dependency's hash pins the list; nothing is downloaded. Names are looked up in the
list's lines: each process of the policy pack loads the list once, and the library's parser costs ten times as much. A test compares the
two over every rule.
"""

from __future__ import annotations

import functools
import pkgutil

import idna

from containment.patterns.permitted_names.suffixes import collect_parents


def is_public_suffix(name: str) -> bool:
    """Return whether a name in ASCII form is a public suffix itself; False for a top-level domain that is not listed."""
    text = _decode(name)
    if f"!{text}" in _read_lines():
        return False
    return text in _read_lines() or f"*.{text}" in _read_lines() or (f"*.{text.partition('.')[2]}" in _read_lines() and "." in text)


def has_listed_top_level(name: str) -> bool:
    """Return whether a name's top-level domain is in the list, itself or with suffixes below it (as .za is)."""
    top = _decode(name.rpartition(".")[2])
    return top in _read_lines() or f"*.{top}" in _read_lines() or top in _collect_parents()


def has_suffix_below(domain: str) -> bool:
    """Return whether a public suffix lies strictly below a domain, as s3.amazonaws.com lies below amazonaws.com."""
    return _decode(domain) in _collect_parents()


def find_registrable_domain(name: str) -> str:
    """Return the domain that is registered for a name: its public suffix and one label more.

    The last label is the suffix of a name under no listed one. A name that is a public suffix itself is returned as it is.
    """
    labels = name.lower().rstrip(".").split(".")
    for at in range(len(labels)):
        if is_public_suffix(".".join(labels[at:])):
            return ".".join(labels[max(0, at - 1) :])
    return ".".join(labels[-2:])


def read_rules() -> frozenset[str]:
    """Return the rules of the list as its authors write them, in Unicode: `co.uk`, `*.ck`, `!www.ck`."""
    return frozenset(line for line in _read_lines() if line and not line.startswith("//"))


@functools.cache
def _read_lines() -> frozenset[str]:
    """Return the lines of the list's file, comments included: no name is equal to one of them."""
    data = pkgutil.get_data("publicsuffixlist", "public_suffix_list.dat")
    assert data is not None, "publicsuffixlist is installed without its list"
    return frozenset(data.decode("utf-8").split("\n"))


@functools.cache
def _collect_parents() -> frozenset[str]:
    return collect_parents(rule.removeprefix("!").removeprefix("*.") for rule in read_rules())


def _decode(name: str) -> str:
    if "xn--" not in name:
        return name
    return ".".join(_decode_label(label) for label in name.split("."))


def _decode_label(label: str) -> str:
    try:
        return idna.ulabel(label) if label.startswith("xn--") else label
    except idna.IDNAError:
        return label  # not decodable: no rule of the list is, so it matches none
