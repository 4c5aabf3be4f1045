"""Types of single configuration values: names, domains, networks, tags. Each refuses a wrong value with a fix."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator

from containment.addresses.address_space import find_special_range
from containment.fixes.nearest_word import find_nearest_number
from containment.fixes.networks import PRIVATE_RANGES, is_private, read_network, resize_network
from containment.fixes.texts import extract_host, make_slug, remove_repeats
from containment.fixes.unfit_value import NO_VALUE, UnfitError
from containment.names import PREFIX_PATTERN
from containment.patterns.domain import DomainPattern, normalize
from containment.patterns.permitted_names.name import find_refusal
from containment.patterns.permitted_names.refusal import Cause, Scope
from containment.patterns.url import UrlPattern

RETENTIONS = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653)
"""Numbers of days for which a CloudWatch log group can keep events (AWS API, PutRetentionPolicy)."""


def decode_json(raw: Any) -> Any:
    """Decode a list or an object from JSON text, its form in stack configuration; return other values unchanged."""
    if isinstance(raw, str):
        try:
            return json.loads(raw)
        except ValueError:
            raise UnfitError("is not JSON", _explain_list(raw), _split_list(raw)) from None
    return raw


_BARE_LIST = re.compile(r"[^\s\[\]{}=\"']+")


def _split_list(raw: str) -> Any:
    """Return the list that a text without brackets is meant to be, NO_VALUE where that is not clear."""
    parts = [part.strip() for part in raw.strip().strip("[]").split(",")]
    return parts if all(_BARE_LIST.fullmatch(part) for part in parts) else NO_VALUE


def _explain_list(raw: str) -> str:
    found = _split_list(raw)
    if found is NO_VALUE:
        return "write a list or a mapping as YAML in the stack file, or as JSON after -c KEY="
    return f"write the list {json.dumps(found)}"


def make_text_validator(pattern: str, expected: str, mend: Callable[[str], str | None] | None = None) -> AfterValidator:
    """Return a validator of texts.

    Args:
        pattern: the regular expression that the whole text matches.
        expected: the kind of text, for messages ("is not ...").
        mend: returns the nearest text that matches, None where there is none.
    """
    compiled = re.compile(pattern)

    def check(value: str) -> str:
        if compiled.fullmatch(value):
            return value
        near = mend(value) if mend is not None else None
        if near is None or not compiled.fullmatch(near):
            raise UnfitError(f"is not {expected}", f"write {expected}")
        raise UnfitError(f"is not {expected}", f"write {near}" if near else 'write "" (empty)', near)

    return AfterValidator(check)


def parse_denied_domain(raw: str) -> str:
    """Return a name of a deny: a wildcard may be wider than in a permit, but not cover a top-level domain."""
    spelled = _normalize(raw)
    if spelled == "*" or ("." not in spelled.strip("*.")):
        rest = spelled.strip("*.") or "com"
        raise UnfitError("covers a whole top-level domain or more", f"name the provider's own domain, such as *.example.{rest}")
    return spelled


def _normalize(raw: str) -> str:
    """Normalize a name; the fix for a URL, a port or a path is the host alone."""
    try:
        return normalize(raw)
    except ValueError as error:
        raise UnfitError(str(error), *_explain_host(raw)) from None


def _explain_host(raw: str) -> tuple[str, Any]:
    host = extract_host(raw)
    try:
        if host is not None and normalize(host):
            return f"write the host alone: {host}", host
    except ValueError:
        pass
    return "write one host name, such as api.example.com", NO_VALUE


def _parse_permitted(raw: str, scope: Scope = Scope.PUBLIC) -> DomainPattern:
    """Return the pattern of a name that a permit may have; `forbidden` decides per class about drop sites."""
    refusal = find_refusal(raw, scope)
    if refusal is not None and (refusal.cause is not Cause.DROP_SITE or scope is Scope.INTERNAL):
        if refusal.cause is Cause.MALFORMED:
            raise UnfitError(refusal.what, *_explain_host(raw))
        raise UnfitError(refusal.what, refusal.fix, refusal.name or NO_VALUE)
    return DomainPattern.parse(raw)


def parse_permitted_domain(raw: str) -> str:
    """Return a name of a permit: exact, or under one owner's domain."""
    return _parse_permitted(raw).text


def parse_resolver_domain(raw: str) -> str:
    """Return a name that a DNS firewall list can contain: exact, or with a leading `*.`."""
    pattern = _parse_permitted(raw, Scope.INTERNAL)
    if not (pattern.is_exact or pattern.apex):
        behind = pattern.text.rpartition("*")[2].partition(".")[2]
        near = f"*.{behind}"
        what = "has '*' elsewhere than in a leading '*.', which the DNS firewall does not have"
        raise UnfitError(what, f"write {near}, or exact names", near if find_refusal(near, Scope.INTERNAL) is None else NO_VALUE)
    return pattern.text


def parse_permitted_url(raw: str) -> str:
    """Return a URL of a permit as `host/path*`."""
    url = UrlPattern.parse(raw)
    return str(UrlPattern(_parse_permitted(url.host.text), url.path))


def refuse_repeats(values: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return a list's values; refuse one that is listed twice, with the positions of both."""
    texts = [str(value) for value in values]
    refuse_repeated(texts, texts)
    return values


def refuse_repeated(names: Sequence[str], items: Iterable[Any], relation: str = "repeats") -> None:
    """Raise UnfitError for items that have one name, with the positions of both and the list without repeats.

    Args:
        names: the name of each item.
        items: the items as configuration has them.
        relation: what a repeat has in common with the first item, for the fix.
    """
    _, repeats = remove_repeats(names)
    if repeats:
        twice = ", ".join(sorted({names[place] for place, _ in repeats}))
        fix = "remove " + ", ".join(f"[{place}], which {relation} [{first}]" for place, first in repeats)
        left = {place for place, _ in repeats}
        raise UnfitError(f"has twice: {twice}", fix, [item for place, item in enumerate(items) if place not in left])


WIDEST_GATEWAY = 20
"""Prefix length of the widest network that one permit by address may name; a wider one would undo the later east-west deny."""

_VPC_SIZES = (16, 24)
"""Shortest and longest prefix of a stack's VPC."""


def check_private_network(network: IPv4Network) -> IPv4Network:
    """Return a network that a permit by address can name (private, /20 or narrower); refuse any other."""
    if not is_private(network):
        special = find_special_range(network)
        fix = f"list networks inside the private ranges {PRIVATE_RANGES}"
        if special is not None:
            raise UnfitError(
                f"is not inside RFC 1918: it is in a special-purpose range ({special}), which no single organization runs", fix
            )
        raise UnfitError("contains public addresses, where a permit by address reaches hosts of any owner", fix)
    if network.prefixlen < WIDEST_GATEWAY:
        near = resize_network(network, WIDEST_GATEWAY, 32)
        what = f"is wider than a /{WIDEST_GATEWAY}, and would permit other networks ahead of the east-west deny"
        raise UnfitError(what, f"write the service's own network, such as {near}", str(near))
    return network


def check_retention(days: int) -> int:
    """Return a number of days for which CloudWatch Logs can keep events; refuse any other."""
    if days not in RETENTIONS:
        near = find_nearest_number(days, RETENTIONS)
        raise UnfitError("is not a retention CloudWatch Logs has (" + ", ".join(map(str, RETENTIONS)) + ")", f"write {near}", near)
    return days


def parse_network(raw: Any) -> IPv4Network:
    """Parse a network; refuse numbers, and host bits with the network that is meant."""
    if isinstance(raw, IPv4Network):
        return raw
    if not isinstance(raw, str):
        raise UnfitError("is not a network such as 10.8.0.0/24", 'write a network in quotes, such as "10.8.0.0/24"')
    found = read_network(raw)
    if found is None:
        what = "is an IPv6 network, and the VPC has IPv4 alone" if ":" in raw else "is not an IPv4 network such as 10.8.0.0/24"
        raise UnfitError(what, "write ADDRESS/LENGTH in IPv4, such as 10.8.0.0/24")
    if "/" in raw and raw.strip().partition("/")[0] != str(found.network_address):
        what = f"is not an IPv4 network: {raw.strip().partition('/')[0]} is an address inside {found}"
        raise UnfitError(what, f"write {found}", str(found))
    return found


def check_vpc_network(network: IPv4Network) -> IPv4Network:
    """Return a network that a stack's VPC can have (private, /16 to /24); refuse any other."""
    widest, narrowest = _VPC_SIZES
    if not is_private(network) and network.prefixlen >= widest:
        raise UnfitError(f"is not inside RFC 1918 ({PRIVATE_RANGES})", f"write a network inside {PRIVATE_RANGES}")
    if not widest <= network.prefixlen <= narrowest:
        near = resize_network(network, widest, narrowest)
        raise UnfitError(f"is not between /{widest} and /{narrowest}", f"write {near}", str(near) if is_private(near) else NO_VALUE)
    return network


def make_instance_type_fix(usual: str) -> Callable[[str], str | None]:
    """Return a function that proposes an instance type: the smallest sufficient size of a family, else the usual type."""

    def mend(text: str) -> str:
        family, _, size = text.strip().lower().rpartition(".")
        if family and size in ("nano", "micro"):
            return f"{family}.small"
        return f"{usual.partition('.')[0]}.{size}" if size in _SIZES and not family else usual

    return mend


_SIZES = frozenset({"small", "medium", "large", "xlarge"})


def make_name_fix(shortest: int, longest: int) -> Callable[[str], str | None]:
    """Return a function that proposes a name of lower-case letters, digits and dashes."""
    return lambda text: make_slug(text, shortest, longest)


Prefix = Annotated[
    str,
    make_text_validator(
        PREFIX_PATTERN.pattern, "3 to 30 lower-case letters, digits and dashes, starting with a letter", make_name_fix(3, 30)
    ),
]
Network = Annotated[IPv4Network, BeforeValidator(parse_network)]
Cidrs = Annotated[tuple[Network, ...], BeforeValidator(decode_json), AfterValidator(refuse_repeats)]
PrivateCidrs = Annotated[
    tuple[Annotated[Network, AfterValidator(check_private_network)], ...], BeforeValidator(decode_json), AfterValidator(refuse_repeats)
]
Tags = Annotated[dict[str, str], BeforeValidator(decode_json)]
TagText = Annotated[
    str,
    make_text_validator(
        r"[\w .:/=+@-]{1,128}", "a tag of 1 to 128 letters, digits and .:/=+-@ _", lambda text: re.sub(r"[^\w .:/=+@-]+", "-", text)[:128]
    ),
]
OrNothing = BeforeValidator(lambda raw: None if raw == "" else raw)
"""Reads an empty text of a stack file as an unset value."""

OptionalAddress = Annotated[IPv4Address | None, OrNothing]

SetNames = Annotated[
    tuple[Annotated[str, make_text_validator(r"[a-z][a-z0-9-]*", "the name of a catalog set", make_name_fix(1, 60))], ...],
    BeforeValidator(decode_json),
    AfterValidator(refuse_repeats),
]
"""Names of catalog sets."""
