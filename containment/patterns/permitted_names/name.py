"""Decide whether a name or pattern may be in a permit: the only validator of permitted names.

Rules kept here:
- a name is refused for one cause, the first that applies, in the order of the checks below;
- a wildcard is judged by the domain behind its last `*`: every name under that domain must belong to one owner;
- nothing is looked up in DNS, and the answer for a name never changes while a process runs.

Denies of the same name (`overlaps`), and the limits of a class (`forbidden`), are checked elsewhere.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable

from containment.patterns.domain import DomainPattern
from containment.patterns.permitted_names import lookalike, public_suffix
from containment.patterns.permitted_names.account_hosts import SAAS_HOSTS
from containment.patterns.permitted_names.address import find_embedded_address, has_numeric_end, parse_address
from containment.patterns.permitted_names.drop_sites import DROP_HOSTS, DROP_SITES
from containment.patterns.permitted_names.dynamic_dns import DYNAMIC_DNS
from containment.patterns.permitted_names.local_names import CLOUD_PRIVATE, METADATA, PRIVATE_USE, RESERVED, SPECIAL_USE
from containment.patterns.permitted_names.refusal import Cause, Refusal, Scope
from containment.patterns.permitted_names.suffixes import collect_parents, find_suffix
from containment.patterns.permitted_names.tenants import ABOVE_SHARED, CLOUDS, REGIONAL_S3, TENANTS
from containment.patterns.permitted_names.tunnels import ADDRESS_IN_NAME, RESOLVERS, TUNNELS
from containment.ternary import Ternary

_SERVICES = (
    (Cause.DYNAMIC_DNS, DYNAMIC_DNS, "a dynamic-DNS service, where anyone can point a name at any address"),
    (Cause.TUNNEL, TUNNELS, "a tunnel service or a relay, which forwards to an address that its user chooses"),
    (Cause.RESOLVER, RESOLVERS, "a public resolver over HTTPS: its DNS queries carry data past the DNS firewall and the rules for port 53"),
    (Cause.ADDRESS_IN_NAME, ADDRESS_IN_NAME, "a service whose names resolve to any address that they spell"),
    (Cause.DROP_SITE, DROP_SITES, "a paste, file-drop or webhook site, from which anyone can collect the data left there"),
)
_SERVICE_OF = {domain: (cause, words) for cause, domains, words in reversed(_SERVICES) for domain in domains}
_ABOVE = {cause: collect_parents(domains) for cause, domains, _ in _SERVICES}
_S3 = re.compile(REGIONAL_S3)


@functools.lru_cache(maxsize=65536)
def find_refusal(raw: str, scope: Scope = Scope.PUBLIC) -> Refusal | None:
    """Return why a name or pattern cannot be permitted, None when it can.

    Args:
        raw: the name, in any spelling.
        scope: INTERNAL for names that are only resolved, where private top-level domains are fine.
    """
    address = parse_address(raw)
    if address is not None:
        return _refuse_address(str(address))
    try:
        pattern = DomainPattern.parse(raw)
        lookalike.decode_name(pattern.text)
    except ValueError as error:
        return Refusal(cause=Cause.MALFORMED, what=str(error), fix="write one host name, such as api.example.com")
    domain = pattern.text if pattern.is_exact else _find_anchor(pattern)
    if domain is None:
        return _refuse_unanchored(pattern)
    checks: tuple[Callable[[DomainPattern, str, Scope], Refusal | None], ...] = (
        _check_numbers,
        _check_local,
        _check_top_level,
        _check_services,
        _check_suffix,
        _check_tenants,
        _check_covered_services,
        _check_letters,
    )
    found = next((found for check in checks if (found := check(pattern, domain, scope)) is not None), None)
    return found or _check_spelling(raw, pattern) or _check_account_hosts(pattern, domain)


def find_lookalike_refusal(raw: str, known: Iterable[str]) -> Refusal | None:
    """Return a refusal when a name reads like one of the known exact names and is another, None when it does not."""
    try:
        text = DomainPattern.parse(raw).text
        found = lookalike.find_known_lookalike(text.rpartition("*")[2].lstrip("."), known) if "xn--" in text else None
    except ValueError:
        return None  # malformed: refusal_of refuses it
    if found is None:
        return None
    return Refusal(
        cause=Cause.LOOK_ALIKE,
        what=f"reads like {found} and is another name, {text}",
        fix=f"write {found} if that is meant; else use a name in ASCII letters",
    )


def _find_anchor(pattern: DomainPattern) -> str | None:
    """Return the domain that all names of a wildcard lie under, None when there is none."""
    fixed = pattern.text.rpartition("*")[2]
    return fixed[1:] if fixed.startswith(".") and len(fixed) > 1 else None


def _refuse_unanchored(pattern: DomainPattern) -> Refusal:
    rest = pattern.text.rpartition("*")[2].strip(".-_")
    example = f"*.{rest}" if "." in rest else "*.example.com"
    return Refusal(
        cause=Cause.UNANCHORED,
        what="covers a whole top-level domain, or names that anyone can register",
        fix=f"write '*.' before a domain, as in {example}, or list the exact hosts",
    )


def _refuse_address(text: str) -> Refusal:
    return Refusal(
        cause=Cause.ADDRESS,
        what=f"is the address {text}, not a name: any machine with that address answers, and TLS proves no name",
        fix="write the host's name; internal addresses go to approvedInternalApis",
    )


def _check_numbers(pattern: DomainPattern, domain: str, _scope: Scope) -> Refusal | None:
    if has_numeric_end(domain):
        return Refusal(
            cause=Cause.ADDRESS,
            what="ends in a number, so resolvers and browsers read it as an IPv4 address",
            fix="write the host's name; internal addresses go to approvedInternalApis",
        )
    inside = find_embedded_address(pattern.text)
    if inside is not None and find_suffix(domain, ADDRESS_IN_NAME | DYNAMIC_DNS | TUNNELS | METADATA) is None:
        return Refusal(
            cause=Cause.ADDRESS_IN_NAME,
            what=f"spells the address {inside}: such names are given to whatever machine has the address",
            fix="write a name that the service's owner chose for it",
        )
    return None


def _check_local(pattern: DomainPattern, domain: str, scope: Scope) -> Refusal | None:
    if find_suffix(domain, METADATA) is not None or (not pattern.is_exact and domain in _METADATA_ABOVE):
        return Refusal(
            cause=Cause.METADATA,
            what="names a metadata service, which gives the machine's credentials",
            fix="remove it: agents use the instance profile through IMDSv2",
        )
    top = domain.rpartition(".")[2]
    if scope is Scope.INTERNAL and "." in domain and top in PRIVATE_USE:
        return None
    private = find_suffix(domain, CLOUD_PRIVATE)
    if private is not None or (top in SPECIAL_USE and "." in domain):
        return Refusal(
            cause=Cause.LOCAL,
            what=f"is a local name (.{private or top}): which machine answers depends on the network, and no public zone contains it",
            fix="write the name under a domain that you own; hosts without one go to approvedInternalApis, by address",
        )
    return None


_METADATA_ABOVE = collect_parents(METADATA) - {"local", "internal", "com", "net"}


def _check_top_level(pattern: DomainPattern, domain: str, scope: Scope) -> Refusal | None:
    top = domain.rpartition(".")[2]
    if "." not in domain:
        said = f"covers a whole top-level domain, .{domain}" if not pattern.is_exact else "is a single label, as a top-level domain is"
        fix = (
            f"write the full host name, such as api.example.{domain}"
            if public_suffix.has_listed_top_level(domain)
            else "write the full host name"
        )
        return Refusal(cause=Cause.TOP_LEVEL, what=said, fix=fix)
    if top not in RESERVED and not public_suffix.has_listed_top_level(domain) and not (scope is Scope.INTERNAL and top in PRIVATE_USE):
        return Refusal(
            cause=Cause.UNLISTED,
            what=f"ends in .{top}, which is not a top-level domain of the public suffix list",
            fix="correct the spelling; a new top-level domain comes with a newer publicsuffixlist",
        )
    return None


def _check_services(pattern: DomainPattern, domain: str, _scope: Scope) -> Refusal | None:
    found = find_suffix(domain, _SERVICE_OF.keys())
    if found is not None:
        cause, words = _SERVICE_OF[found]
        return _refuse_service(cause, f"is under {found}" if found != domain else f"is {found}", words)
    if pattern.is_exact and domain in DROP_HOSTS:
        return _refuse_service(Cause.DROP_SITE, f"is {domain}", "a host that takes messages and files for any account")
    return None


def _check_covered_services(pattern: DomainPattern, domain: str, _scope: Scope) -> Refusal | None:
    for cause, domains, words in _SERVICES:
        if not pattern.is_exact and domain in _ABOVE[cause]:
            return _refuse_service(cause, f"covers {_find_first_below(domain, domains)}", words)
    covered = None if pattern.is_exact else min((one for one in DROP_HOSTS if pattern.matches(one) is not Ternary.NO), default=None)
    return (
        None
        if covered is None
        else _refuse_service(Cause.DROP_SITE, f"covers {covered}", "a host that takes messages and files for any account")
    )


def _refuse_service(cause: Cause, where: str, words: str) -> Refusal:
    fix = "name a host under its owner's own domain"
    if cause is Cause.DROP_SITE:
        fix = "remove it; one exact host that is needed takes an entry in uploadWaivers, and its WebGroup one in policypack/waivers.yaml"
    if cause is Cause.RESOLVER:
        fix = "remove it: agents use the VPC's resolver"
    return Refusal(cause=cause, what=f"{where}, {words}", fix=fix)


def _find_first_below(domain: str, domains: Iterable[str]) -> str:
    return min(one for one in domains if one.endswith(f".{domain}"))


def _check_suffix(pattern: DomainPattern, domain: str, _scope: Scope) -> Refusal | None:
    if public_suffix.is_public_suffix(domain):
        if pattern.is_exact and is_public_suffix_host(domain):
            return None
        said = f"is the public suffix {domain} itself" if pattern.is_exact else f"covers the public suffix {domain}"
        return Refusal(
            cause=Cause.PUBLIC_SUFFIX,
            what=f"{said}, where anyone can register a name",
            fix=f"name the exact hosts, such as your-name.{domain}",
        )
    if not pattern.is_exact and public_suffix.has_suffix_below(domain):
        return _refuse_shared(domain, f"a domain with public suffixes below {domain}, under which anyone can get a name")
    return None


def _check_tenants(pattern: DomainPattern, domain: str, _scope: Scope) -> Refusal | None:
    if pattern.is_exact:
        return None
    cloud = find_suffix(domain, CLOUDS)
    if cloud is not None:
        return _refuse_shared(domain, f"names under {cloud}, which belong to any customer")
    if domain in TENANTS:
        return _refuse_shared(domain, f"every tenant of {domain}: anyone can get a name there")
    if domain in ABOVE_SHARED:
        return _refuse_shared(domain, f"{_find_first_below(domain, CLOUDS | TENANTS)}, where anyone can get a name")
    return None


def _check_account_hosts(pattern: DomainPattern, domain: str) -> Refusal | None:
    if pattern.is_exact:
        return None
    covered = min((host for host in SAAS_HOSTS if pattern.matches(host) is not Ternary.NO), default=None)
    if covered is not None:
        what = f"covers {covered}, which serves any account: the name does not show whose data it takes"
        return Refusal(cause=Cause.SHARED_SUFFIX, what=what, fix=f"name the exact hosts under {domain} that are needed")
    return None


def _refuse_shared(domain: str, what: str) -> Refusal:
    return Refusal(cause=Cause.SHARED_SUFFIX, what=f"is a wildcard over {what}", fix=f"name the exact hosts, such as your-tenant.{domain}")


def _check_letters(pattern: DomainPattern, _domain: str, _scope: Scope) -> Refusal | None:
    if "xn--" not in pattern.text:
        return None
    read = lookalike.find_label_read_as_ascii(pattern.text)
    if read is not None:
        label, reading = read
        return Refusal(
            cause=Cause.LOOK_ALIKE,
            what=f"has the label {label!r}, which reads as {reading!r} in letters of another script",
            fix=f"write {reading!r} in ASCII if that is meant, else a name that does not read as one in ASCII",
        )
    mixed = lookalike.find_mixed_label(pattern.text)
    if mixed is not None:
        label, scripts = mixed
        return Refusal(
            cause=Cause.LOOK_ALIKE,
            what=f"has the label {label!r}, which mixes letters of {', '.join(one.title() for one in scripts)}",
            fix="write the label in the letters of one script",
        )
    return None


def _check_spelling(raw: str, pattern: DomainPattern) -> Refusal | None:
    found = lookalike.find_disguised_letter(raw)
    if found is None:
        return None
    letter, reading = found
    return Refusal(
        cause=Cause.LOOK_ALIKE,
        what=f"has the character U+{ord(letter):04X}, which resolvers read as {reading or 'nothing'!r} (UTS 46) and a firewall may not",
        fix=f"write {pattern.text}",
        name=pattern.text,
    )


def is_public_suffix_host(name: str) -> bool:
    """Return whether a name is a public suffix and also a host: a region's path-style endpoint of S3."""
    return _S3.fullmatch(name) is not None
