"""One route of the credential gateway: a destination, the secret with its key, and the permitted models, repositories or other names.

Defines the format of one entry of `credentialRoutes`. `containment.credential_gateway` has the reviewed APIs and decides requests.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Self, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from containment.config.keys.key import Keys
from containment.config.values import decode_json
from containment.credential_gateway.api import MODEL, Slug
from containment.credential_gateway.route import DEFAULT_BODY, LARGEST_BODY, RouteEntry, check_exact_host, check_name, check_secret
from containment.fixes.texts import remove_repeats
from containment.fixes.unfit_value import UnfitError


class CredentialRouteKeys(Keys):
    """One route, as a stack file has it."""

    host: Annotated[str, AfterValidator(check_exact_host)]
    secret: Annotated[str, AfterValidator(check_secret)]
    models: Annotated[tuple[Annotated[str, AfterValidator(check_name)], ...], Field(min_length=1)] = ()
    names: Mapping[Slug, Annotated[tuple[Annotated[str, AfterValidator(check_name)], ...], Field(min_length=1)]] = {}
    max_body_bytes: Annotated[int, Field(ge=1, le=LARGEST_BODY)] = DEFAULT_BODY

    @model_validator(mode="after")
    def _refuse_two_lists(self) -> Self:
        if self.models and MODEL in self.names:
            raise UnfitError("lists models twice, in models and in names.model", "keep models, and remove names.model")
        return self

    def to_entry(self) -> RouteEntry:
        """Return the entry of the gateway's own configuration."""
        names = {**self.names, **({MODEL: self.models} if self.models else {})}
        return RouteEntry(host=self.host, secret=self.secret, names=names, max_body_bytes=self.max_body_bytes)


Route = TypeVar("Route", bound=CredentialRouteKeys)


def _refuse_repeated_hosts(entries: tuple[Route, ...]) -> tuple[Route, ...]:
    _, repeats = remove_repeats([entry.host for entry in entries])
    if repeats:
        twice = ", ".join(sorted({entries[place].host for place, _ in repeats}))
        left = {place for place, _ in repeats}
        kept = [entry.model_dump(mode="json", by_alias=True) for place, entry in enumerate(entries) if place not in left]
        fix = "remove " + ", ".join(f"[{place}], which has the host of [{first}]" for place, first in repeats)
        raise UnfitError(f"has twice: {twice}", fix, kept)
    return entries


CredentialRoutes = Annotated[tuple[CredentialRouteKeys, ...], BeforeValidator(decode_json), AfterValidator(_refuse_repeated_hosts)]
