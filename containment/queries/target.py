"""Parse the target of `explain --to` (NAME:PORT, ADDRESS:PORT/PROTOCOL or a URL) into one flow's destination.

Rules kept here:
- a URL's scheme decides port and application (https: 443 over TLS, http: 80 in clear text), and an explicit port wins over both;
- a path counts where a rule filters URLs; query and fragment decide no rule and are left out;
- an assumption (a port, a spelling) is a note of the answer; user information is refused, because shells and logs store it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final

from containment.errors import InputError, Problem
from containment.fixes.nearest_word import find_nearest
from containment.names import Protocol
from containment.patterns.domain import DomainPattern, normalize
from containment.policy.rules import RuleSet, WebGroup
from containment.ternary import Ternary

_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):/{1,2}")
_WEB: Final = {"https": 443, "wss": 443, "http": 80, "ws": 80}
_CLEAR: Final = frozenset({"http", "ws"})
_OTHER: Final = {
    "ssh": "22",
    "ftp": "21",
    "sftp": "22",
    "git": "9418",
    "ldap": "389",
    "ldaps": "636",
    "dns": "53/udp",
    "postgresql": "5432",
}
"""Ports of other schemes (IANA), for the fix."""
_PROTOCOLS: Final = tuple(protocol.value.lower() for protocol in Protocol)
HIGHEST_PORT: Final = 65535


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The destination of a flow: a name or an address, protocol and port, and notes on what was assumed."""

    name: str | None
    address: IPv4Address | IPv6Address | None
    protocol: Protocol
    port: int | None
    path: str | None = None
    is_http: bool = False
    notes: tuple[str, ...] = field(default=())


def parse_target(text: str, *, http: bool = False, no_sni: bool = False) -> Target:
    """Return the target of a text; raise InputError if it is none.

    Args:
        text: the value of `--to`.
        http: plain HTTP (`--http`); the default port is then 80.
        no_sni: TLS without a server name (`--no-sni`), so that a name is left out.
    """
    plain = text.strip()
    if not plain:
        raise _make_error(text, "is empty", "write NAME:PORT, such as api.openai.com:443")
    joined = "".join(plain.split())
    if joined != plain:
        raise _make_error(text, "has white space inside", f"write it without: {joined}")
    found = _SCHEME.match(plain)
    scheme = found[1].lower() if found else None
    rest = plain[found.end() :] if found else plain
    if scheme is not None and scheme not in _WEB:
        raise _make_error(text, f"has the scheme {scheme!r}, which no rule decides by name", _suggest_fix(scheme, rest))
    if http and scheme in ("https", "wss"):
        raise _make_error(text, f"is {scheme}, and --http means plain HTTP", f"leave out --http, or write http://{rest}")
    authority, path = _split_path(rest)
    if "@" in authority:
        bare = plain.replace(f"{authority.rpartition('@')[0]}@", "", 1)
        raise _make_error(
            "...@" + authority.rpartition("@")[2], "has user information before '@', which shells and logs would store", f"write {bare}"
        )
    protocol, path = _parse_protocol(text, authority, path, scheme)
    in_clear = http or scheme in _CLEAR
    host, port = _split_port(authority, text)
    notes = []
    if protocol is Protocol.ICMP:
        port = None
    elif port is None:
        port = _WEB[scheme] if scheme else 80 if http else 443
        if scheme is None:
            notes.append(f"--to has no port, so {port} is assumed")
    if path is not None and protocol is not Protocol.TCP:
        raise _make_error(
            text, f"has a path and the protocol {protocol.value}", f"write {authority}/{protocol.value.lower()}, without a path"
        )
    target = Target(name=None, address=None, protocol=protocol, port=port, path=path, is_http=in_clear, notes=tuple(notes))
    address = _parse_address(host, text)
    if address is not None:
        return replace(target, address=address, path=None)
    try:
        name = normalize(host)
    except ValueError as error:
        raise _make_error(text, f"names {host!r}, which {error}", "write one host name, such as api.openai.com:443") from None
    if "*" in name:
        example = name.replace("*.", "www.", 1).replace("*", "x")
        raise _make_error(text, f"names {host!r}, a pattern and not one host", f"write a host that it matches, such as {example}:{port}")
    if name != host.lower().rstrip("."):
        target = replace(target, notes=(*target.notes, f"{host} is sent as {name}"))
    return target if no_sni else replace(target, name=name)


def _split_path(rest: str) -> tuple[str, str | None]:
    """Return the part before the path, and the path without query and fragment (None without one)."""
    authority, separator, tail = re.match(r"([^/?#]*)([/?#]?)(.*)", rest, re.DOTALL).groups()  # type: ignore[union-attr]
    if separator != "/":
        return authority, None
    path = "/" + re.split(r"[?#]", tail, maxsplit=1)[0]
    return authority, None if path == "/" else path


def _parse_protocol(text: str, authority: str, path: str | None, scheme: str | None) -> tuple[Protocol, str | None]:
    """Return the protocol after '/', TCP by default, and the path if the text after '/' is a path."""
    word = (path or "").removeprefix("/")
    if scheme is not None or not word:
        return Protocol.TCP, path
    if word.lower() in _PROTOCOLS:
        return Protocol[word.upper()], None
    near = find_nearest(word, _PROTOCOLS)
    if near is not None and "/" not in word:
        what = f"has the protocol {word!r}, which is none of {', '.join(_PROTOCOLS)}"
        raise _make_error(text, what, f"write {authority}/{near}; a path needs its scheme, https://{authority}/{word}")
    return Protocol.TCP, path


def _split_port(said: str, text: str) -> tuple[str, int | None]:
    """Return host and port of `host:port`, `[address]:port` or a bare IPv6 address."""
    host, colon, tail = said.rpartition(":")
    if not colon or (":" in host and not host.endswith("]")):  # no port, or a bare IPv6 address
        host, tail = said, ""
    if not host.strip("[]"):
        raise _make_error(text, "has no host", "write NAME:PORT, such as api.openai.com:443")
    if not tail:
        return host, None
    if not tail.isascii() or not tail.isdigit():
        raise _make_error(text, f"has the port {tail!r}, which is not a number from 0 to {HIGHEST_PORT}", f"write {host}:443")
    if int(tail) > HIGHEST_PORT:
        raise _make_error(
            text, f"has the port {tail!r}, which is not a number from 0 to {HIGHEST_PORT}", f"write {host}:{HIGHEST_PORT} at most"
        )
    return host, int(tail)


def _parse_address(host: str, text: str) -> IPv4Address | IPv6Address | None:
    plain = host.strip("[]").rstrip(".")
    try:
        return ip_address(plain)
    except ValueError:
        if host.startswith("[") or ":" in host:
            raise _make_error(
                text, f"names {host!r}, which is not an IPv6 address", "write [ADDRESS]:PORT, such as [2001:db8::1]:443"
            ) from None
        return None


def _suggest_fix(scheme: str, rest: str) -> str:
    host = _split_path(rest)[0].rpartition("@")[2]
    port = _OTHER.get(scheme)
    if port is not None:
        return f"write {host if ':' in host else f'{host}:{port}'}"
    near = find_nearest(scheme, _WEB)
    return f"write {near}://{rest}" if near else f"write {host}:PORT, or https://{rest}"


def _make_error(text: str, what: str, fix: str) -> InputError:
    return InputError("cannot explain", [Problem(f"--to {text}", what, "only a whole flow can be explained", fix)])


def decide_urls(ruleset: RuleSet, name: str | None, path: str | None) -> RuleSet:
    """Return the rules with URL filters decided for one request, as far as its name and path decide them.

    A filter that the request matches becomes its host; one that it does not match is removed. A group that a rule without decryption
    names is left unchanged, because the gateway does not see URLs there.
    """
    if name is None or path is None:
        return ruleset
    unseen = {group for rule in ruleset.rules if not rule.decrypts for group in rule.web_groups}
    groups = {key: group if key in unseen else _decide_group(group, name, path) for key, group in ruleset.web_groups.items()}
    return replace(ruleset, web_groups=groups)


def _decide_group(group: WebGroup, name: str, path: str) -> WebGroup:
    answers = {url: url.matches(name, path) for url in group.urls}
    met = (DomainPattern(name),) if Ternary.YES in answers.values() else ()
    left = tuple(url for url, answer in answers.items() if answer is Ternary.MAYBE)
    patterns = (*group.patterns, *met)
    nothing = () if patterns or left or group.unsure else (DomainPattern(f"no-url-matches.{name}"),)
    return replace(group, patterns=(*patterns, *nothing), urls=left)
