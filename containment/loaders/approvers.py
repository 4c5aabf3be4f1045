"""The approvers of each class (`approvers.yaml` next to Pulumi.yaml): people with keys and roles, and how many must agree.

A file that does not exist, or is empty, names no approvers. One mistake makes the whole file unusable, because it is uncertain who
was meant to decide. Regulated classes need two persons.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from containment.errors import InputError, Problem
from containment.fixes.words import has_word
from containment.loaders import strict_yaml
from containment.names import REGULATED_CLASSES
from containment.patterns.permitted_names.lookalike import read_as_latin

FILE: Final = "approvers.yaml"
REGULATED_PERSONS: Final = 2
_FIX: Final = "write people (name, key, roles) and classes (roles, persons), as docs/approvals.md shows"
_WHY: Final = "it would be uncertain who may approve"
_FEWEST_RSA_BITS: Final = 2048


@dataclass(frozen=True, slots=True)
class Approver:
    """A person who approves: public keys as PEM text, and roles."""

    name: str
    keys: tuple[str, ...]
    roles: frozenset[str]


@dataclass(frozen=True, slots=True)
class ClassRule:
    """Who approves for a class: any of these roles, and this many different persons."""

    roles: frozenset[str]
    persons: int


@dataclass(frozen=True, slots=True)
class Approvers:
    """The content of approvers.yaml."""

    people: tuple[Approver, ...] = ()
    classes: Mapping[str, ClassRule] = field(default_factory=dict)

    def get_rule(self, agent_class: str) -> ClassRule | None:
        """Return who approves for a class, None if nobody is named for it."""
        return self.classes.get(agent_class)


@lru_cache(maxsize=4096)
def fold_name(name: str) -> str:
    """Return a person's name in the form in which names are compared: only letters and digits count, and how they read.

    Case, width, accents, spaces, punctuation, invisible characters and letters of another script that look Latin are no other person.
    """
    text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    return "".join(char for char in read_as_latin(text).casefold() if char.isalnum()) or text


def load_approvers(folder: Path = Path()) -> Approvers:
    """Return the approvers of a folder; raise InputError with every problem of the file."""
    return parse_approvers(strict_yaml.read_if_exists(folder / FILE, _WHY))


def parse_approvers(document: Any) -> Approvers:
    """Return the approvers of a parsed document; raise InputError with every problem."""
    if document is None or document == {}:
        return Approvers()
    problems: list[Problem] = []
    people, classes = _split_document(document, problems)
    named = [one for place, raw in enumerate(people) if (one := _parse_person(raw, f"{FILE}:people.{place}", problems))]
    problems += _find_repeats(named)
    rules = {name: rule for name, raw in classes.items() if (rule := _parse_class(raw, f"{FILE}:classes.{name}", name, problems))}
    for name, rule in rules.items():
        able = {fold_name(one.name) for one in named if one.roles & rule.roles}
        if len(able) < rule.persons and not problems:
            what = f"needs {rule.persons} persons with a role of {', '.join(sorted(rule.roles))}, and {len(able)} are named"
            problems.append(Problem(f"{FILE}:classes.{name}", what, "no decision could ever be valid", "name more people with these roles"))
    if problems:
        raise InputError(f"{FILE} cannot be used", problems)
    return Approvers(tuple(named), rules)


def _split_document(document: Any, problems: list[Problem]) -> tuple[list[Any], dict[str, Any]]:
    if not isinstance(document, dict):
        problems.append(Problem(FILE, "is not a mapping with people and classes", _WHY, _FIX))
        return [], {}
    problems += _find_unknown_keys(document, FILE + ":", ("people", "classes"))
    people, classes = document.get("people") or [], document.get("classes") or {}
    if not isinstance(people, list):
        problems.append(Problem(f"{FILE}:people", "is not a list", _WHY, _FIX))
        people = []
    if not isinstance(classes, dict):
        problems.append(Problem(f"{FILE}:classes", "is not a mapping of classes", _WHY, _FIX))
        classes = {}
    return people, classes


def _find_unknown_keys(raw: dict[str, Any], where: str, known: tuple[str, ...]) -> list[Problem]:
    return [Problem(f"{where}{key}", "is not a key here", _WHY, _FIX) for key in raw if key not in known]


def _parse_person(raw: Any, where: str, problems: list[Problem]) -> Approver | None:
    before = len(problems)
    if not isinstance(raw, dict):
        problems.append(Problem(where, "is not a person (name, key, roles)", _WHY, _FIX))
        return None
    problems += _find_unknown_keys(raw, f"{where}.", ("name", "key", "roles"))
    name = raw.get("name")
    if not isinstance(name, str) or not has_word(name):
        problems.append(Problem(f"{where}.name", f"is {name!r}, which is no name", _WHY, "write the person's name"))
    keys = raw.get("key") if isinstance(raw.get("key"), list) else [raw.get("key")]
    mistakes = [what for key in keys or [None] if (what := find_key_problem(key))]
    problems += [Problem(f"{where}.key", what, _WHY, "write the public key as PEM: openssl pkey -in KEY -pubout") for what in mistakes]
    roles = _parse_roles(raw.get("roles"), f"{where}.roles", problems)
    if len(problems) > before:
        return None
    return Approver(str(name).strip(), tuple(str(key) for key in keys or ()), roles)


def find_key_problem(text: Any) -> str | None:
    """Return what is wrong with a public key in PEM, None when nothing is."""
    if not isinstance(text, str) or not text.strip():
        return "is not set, or is not text"
    if "PRIVATE KEY" in text:
        return "is a private key, which must not be in a repository"
    try:
        key = serialization.load_pem_public_key(text.encode())
    except (ValueError, UnsupportedAlgorithm):
        return "is not a public key in PEM"
    if isinstance(key, Ed25519PublicKey | EllipticCurvePublicKey):
        return None
    if isinstance(key, RSAPublicKey) and key.key_size >= _FEWEST_RSA_BITS:
        return None
    return "is not an Ed25519, ECDSA, or RSA key of 2048 bits or more"


def _parse_roles(raw: Any, where: str, problems: list[Problem]) -> frozenset[str]:
    if not isinstance(raw, list) or not raw or not all(isinstance(one, str) and has_word(one) for one in raw):
        problems.append(Problem(where, f"is {raw!r}, which is not a list of roles", _WHY, "write roles such as [security]"))
        return frozenset()
    return frozenset(raw)


def _parse_class(raw: Any, where: str, name: str, problems: list[Problem]) -> ClassRule | None:
    before = len(problems)
    if not isinstance(raw, dict):
        problems.append(Problem(where, "is not a mapping of roles and persons", _WHY, _FIX))
        return None
    problems += _find_unknown_keys(raw, f"{where}.", ("roles", "persons"))
    roles = _parse_roles(raw.get("roles"), f"{where}.roles", problems)
    least = REGULATED_PERSONS if name in REGULATED_CLASSES else 1
    persons = raw.get("persons", least)
    if isinstance(persons, bool) or not isinstance(persons, int) or persons < least:
        what = f"is {persons!r}, and decisions about {name} need {least} {'persons' if least > 1 else 'person'} or more"
        problems.append(Problem(f"{where}.persons", what, "one person alone could let regulated data out", f"write persons: {least}"))
    return ClassRule(roles, persons) if len(problems) == before else None


def _find_repeats(people: list[Approver]) -> Iterator[Problem]:
    """Yield the problems of names or keys that two people share: two entries of one person would count as two persons."""
    names: dict[str, str] = {}
    owners: dict[bytes, str] = {}
    for one in people:
        if fold_name(one.name) in names:
            yield Problem(FILE, f"names {one.name} twice", "one person would count as two", "write one entry, with a list of keys")
        names.setdefault(fold_name(one.name), one.name)
        for key in one.keys:
            raw = serialization.load_pem_public_key(key.encode()).public_bytes(
                serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
            )
            if raw in owners:
                yield Problem(FILE, f"has one key for {owners[raw]} and {one.name}", "one person would count as two", "use one key each")
            owners.setdefault(raw, one.name)
