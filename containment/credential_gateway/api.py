"""Reviewed data about one provider's API: how a key is put into a request, and which requests are permitted.

Defines the format of `presets/credentials/<name>.yaml`. Everything is a permitted list: a method, path, query value, header, body field
or tool that no operation names is refused or removed. `refused` adds no power; it names the rule of what agents try most.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Annotated, Final, Self

from pydantic import AfterValidator, Field, StrictBool, model_validator

from containment.credential_gateway.path_template import PathTemplate
from containment.fixes.unfit_value import UnfitError
from containment.patterns.domain import DomainPattern
from containment.reviewed_data import ReviewedModel, check_source
from containment.ternary import Ternary

METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
MODEL: Final = "model"
"""The name of the parameter that is a model; every other parameter is a name such as a repository's."""
_HEADER: Final = re.compile(r"[a-z][a-z0-9-]*")
_SLUG: Final = re.compile(r"[a-z][a-z0-9-]*")
_FRAMING: Final = frozenset(
    {"connection", "content-encoding", "content-length", "content-type", "expect", "host", "te", "trailer", "transfer-encoding", "upgrade"}
)
"""Headers that the gateway or the proxy judges itself; a list of permitted headers cannot name them."""


class CredentialScheme(StrEnum):
    """How a key is written into its header: after `Bearer `, alone, or as the password of HTTP Basic."""

    BEARER = "bearer"
    RAW = "raw"
    BASIC = "basic"


class BodyKind(StrEnum):
    """What the body of a request may be: absent, JSON that is read and judged, or bytes that are only measured."""

    NONE = "none"
    JSON = "json"
    OPAQUE = "opaque"


class RefusedKind(StrEnum):
    """The kinds of paths that are refused by name."""

    UPLOADS = "uploads"
    FINE_TUNING = "fine-tuning"
    BATCHES = "batches"
    STORED_STATE = "stored-state"
    ADMINISTRATION = "administration"
    WRITES = "writes"


def _check_header(text: str) -> str:
    if not _HEADER.fullmatch(text):
        raise UnfitError("is not a header's name in lower case", "write it as in authorization, in lower case", text.lower())
    if text in _FRAMING:
        raise UnfitError("frames the message, or is judged apart from other headers", "remove it from the list")
    return text


def _check_slug(text: str) -> str:
    if not _SLUG.fullmatch(text):
        raise UnfitError("is not a name of lower-case letters, digits and dashes", "write it as in chat-completions")
    return text


def _check_method(text: str) -> str:
    if text not in METHODS:
        raise UnfitError(f"is not one of {', '.join(METHODS)}", "name a method in capitals")
    return text


def _check_host(raw: str) -> str:
    try:
        pattern = DomainPattern.parse(raw)
    except ValueError as error:
        raise UnfitError(str(error), "write one host, such as api.example.com, or *.example.com for a host per tenant") from None
    rest = pattern.text.removeprefix("*.")
    if "*" in rest or rest.count(".") < 1:
        raise UnfitError("is not a host, nor `*.` before one", "write one host, or *.example.com for a host per tenant")
    return pattern.text


HeaderName = Annotated[str, AfterValidator(_check_header)]
Slug = Annotated[str, AfterValidator(_check_slug)]
Text = Annotated[str, Field(min_length=1)]


class CredentialForm(ReviewedModel):
    """How the key is put into a request. `user` is the user name of HTTP Basic."""

    header: HeaderName
    scheme: CredentialScheme
    user: Text | None = None

    @model_validator(mode="after")
    def _require_user(self) -> Self:
        if (self.scheme is CredentialScheme.BASIC) != (self.user is not None):
            raise UnfitError("has a user without scheme: basic, or basic without a user", "set both, or neither")
        return self


class ToolRules(ReviewedModel):
    """Tools that a request may declare: keys of an entry of `field`, and values of its `type`.

    Hosted tools (web search, code execution, remote MCP servers) make the provider reach hosts that the network policy does not see.
    """

    field: Text = "tools"
    keys: Annotated[tuple[Text, ...], Field(min_length=1)]
    types: tuple[Text, ...] = ()


class Usage(ReviewedModel):
    """Where a response states its tokens: paths of keys with dots between them, as `usage.prompt_tokens`."""

    input: tuple[Text, ...] = ()
    output: tuple[Text, ...] = ()


class Operation(ReviewedModel):
    """One kind of request that is permitted.

    Attributes:
        path: literal segments and parameters: a value of `{name}` is on the route's list of that name, one of `{*name}` is any segment.
        query: permitted keys with their permitted values; every other key is removed.
        content_types: media types of the body; `content_encodings` apart from none.
        named_fields: fields of a JSON body whose value is a parameter (`model: model`); each is required.
        fields: permitted fields of a JSON body, at its top. Others are refused, since a body cannot be rewritten.
        field_values: the only values of some of these fields.
    """

    name: Slug
    methods: Annotated[tuple[Annotated[str, AfterValidator(_check_method)], ...], Field(min_length=1)]
    path: PathTemplate
    query: Mapping[str, tuple[Text, ...]] = {}
    body: BodyKind
    content_types: tuple[Text, ...] = ()
    content_encodings: tuple[Text, ...] = ()
    named_fields: Mapping[str, Slug] = {}
    fields: tuple[Text, ...] = ()
    field_values: Mapping[str, tuple[StrictBool | int | str, ...]] = {}
    tools: ToolRules | None = None

    @property
    def parameters(self) -> frozenset[str]:
        """The names whose values a route must list."""
        return frozenset(self.path.parameters) | frozenset(self.named_fields.values())

    @model_validator(mode="after")
    def _match_body(self) -> Self:
        judged = bool(self.named_fields or self.fields or self.field_values or self.tools)
        if judged and self.body is not BodyKind.JSON:
            raise UnfitError(f"judges fields of a body that is {self.body.value}", "set body: json, or remove the fields")
        if (self.body is BodyKind.NONE) == bool(self.content_types):
            raise UnfitError("needs contentTypes exactly where it has a body", "list the media types, or set body: none")
        if self.content_encodings and self.body is not BodyKind.OPAQUE:
            raise UnfitError("permits an encoded body that has to be read", "remove contentEncodings, or set body: opaque")
        unknown = {*self.field_values, *([self.tools.field] if self.tools else ())} - {*self.fields}
        if unknown:
            raise UnfitError(f"judges {', '.join(sorted(unknown))}, which fields does not list", "add it to fields")
        return self


class RefusedPaths(ReviewedModel):
    """Paths refused by name: those that have one of the words as a segment, or as a verb after a colon; letters of any case."""

    kind: RefusedKind
    words: Annotated[tuple[Text, ...], Field(min_length=1)]
    reason: Text


class CredentialApi(ReviewedModel):
    """One provider's API; `name` is the file's name.

    Attributes:
        hosts: exact hosts, or `*.` before a domain in which every tenant has a host; a route always has one exact host.
        headers: permitted headers with their permitted values; others are removed.
        references: keys of a JSON body, at any depth, that make the provider fetch or load something; only `data:` values pass.
        opaque: keys below which a JSON body is the agent's own data (arguments and schemas of its tools), so nothing is a reference.
    """

    name: str
    title: Text
    hosts: Annotated[tuple[Annotated[str, AfterValidator(_check_host)], ...], Field(min_length=1)]
    owner: Text
    reason: Text
    source: Annotated[str, AfterValidator(check_source)]
    reviewed: date
    credential: CredentialForm
    headers: Mapping[HeaderName, Annotated[tuple[Text, ...], Field(min_length=1)]] = {}
    operations: Annotated[tuple[Operation, ...], Field(min_length=1)]
    refused: tuple[RefusedPaths, ...] = ()
    references: tuple[Text, ...] = ()
    opaque: tuple[Text, ...] = ()
    usage: Usage = Usage()

    @model_validator(mode="after")
    def _refuse_contradictions(self) -> Self:
        names = [one.name for one in self.operations]
        if repeated := sorted({name for name in names if names.count(name) > 1}):
            raise UnfitError(f"has two operations named {', '.join(repeated)}", "give each a different name")
        if self.credential.header in self.headers:
            raise UnfitError(f"permits the client's own {self.credential.header}", "remove it from headers")
        if self.references and any(one.body is BodyKind.OPAQUE for one in self.operations):
            raise UnfitError("refuses references in bodies that are not read", "remove references, or set body: json")
        words = {word.lower() for refused in self.refused for word in refused.words}
        for one in self.operations:
            if met := sorted(words & one.path.words):
                raise UnfitError(f"permits {one.path.text} and refuses {', '.join(met)}", f"remove the operation {one.name}, or the word")
        return self

    def matches_host(self, host: str) -> bool:
        """Return whether a host, in lower case, is this API's."""
        return any(DomainPattern.parse(pattern).matches(host) is Ternary.YES for pattern in self.hosts)
