"""The service's configuration file: class, routes and their APIs, complete, so that a gateway host needs nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import Field, ValidationError, model_validator

from containment.credential_gateway.api import CredentialApi
from containment.credential_gateway.route import RouteEntry, RouteTable, build_routes
from containment.errors import InputError
from containment.files import input_files
from containment.loaders.presets import convert_findings
from containment.reviewed_data import ReviewedModel

_WHY = "a gateway without its whole configuration would have to guess"


class GatewayConfiguration(ReviewedModel):
    """One gateway.

    Attributes:
        agent_class: the class of the agents that can reach it.
        region: the AWS region of its secrets.
        routes: its destinations.
        apis: the reviewed APIs of the routes, by name.
        refresh_seconds: how often the secrets are read.
        longest_seconds: for how long a key is used that cannot be read again.
    """

    agent_class: Annotated[str, Field(min_length=1)]
    region: Annotated[str, Field(pattern=r"[a-z]{2}(-[a-z]+)+-[0-9]")]
    routes: tuple[RouteEntry, ...]
    apis: Mapping[str, CredentialApi]
    refresh_seconds: Annotated[float, Field(gt=0, le=3600)] = 60
    longest_seconds: Annotated[float, Field(gt=0, le=86400)] = 900

    @model_validator(mode="after")
    def _compare_times(self) -> Self:
        if self.longest_seconds <= self.refresh_seconds:
            raise ValueError("longestSeconds is not longer than refreshSeconds: every key would be too old before it is read again")
        return self


def read_configuration(path: Path) -> tuple[GatewayConfiguration, RouteTable]:
    """Return a gateway's configuration and routes; raises InputError with every problem of the file.

    Args:
        path: the file, in JSON.
    """
    where = path.name
    try:
        document: Any = input_files.read_json(path)
    except input_files.InputFileError as error:
        raise InputError(f"{where} cannot be used", [error.make_problem(_WHY, "name the file that the stack wrote")]) from None
    try:
        found = GatewayConfiguration.model_validate(document)
    except ValidationError as error:
        raise InputError(f"{where} cannot be used", convert_findings(where, error, GatewayConfiguration)) from None
    return found, build_routes(found.agent_class, found.routes, found.apis, f"{where}:routes")


def format_configuration(
    agent_class: str, region: str, entries: tuple[RouteEntry, ...], apis: Mapping[str, CredentialApi]
) -> dict[str, Any]:
    """Return the JSON document of a gateway's configuration, with the APIs that its routes use and no other.

    Args:
        agent_class: the class.
        region: the region of the secrets.
        entries: the routes.
        apis: all reviewed APIs.
    """
    used = {name: api for name, api in sorted(apis.items()) if any(api.matches_host(entry.host) for entry in entries)}
    found = GatewayConfiguration(agent_class=agent_class, region=region, routes=entries, apis=used)
    return found.model_dump(mode="json", by_alias=True, exclude_defaults=True)
