"""Settings of a simulated Controller: `controller.json` in the lab home, overridden by the command line.

The file is optional; an unknown key is an error. Times are in seconds.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pydantic

FILE = "controller.json"


class Settings(pydantic.BaseModel):
    """One Controller's settings; with the defaults a first `up` works."""

    model_config = pydantic.ConfigDict(frozen=True, extra="forbid")

    version: str = "9.0.10"
    """The release that the Controller reports; a provider's MAJOR.MINOR must equal it."""
    password: pydantic.SecretStr | None = None
    """The password that `login` requires; None: any that is not empty."""
    account_name: str = "lab"
    account_number: str = "123456789012"
    """The number of the one onboarded access account; it is the simulated cloud's."""
    gateway_seconds: float = pydantic.Field(default=0.5, ge=0)
    """Minimum duration of a gateway task, before its work in the account starts."""
    poll_seconds: float = pydantic.Field(default=10.0, gt=0)
    """Period in which routes in the account are checked and repaired."""
    session_seconds: float = pydantic.Field(default=3600.0, gt=0)
    """Idle time after which a session expires."""
    inventory_seconds: float = pydantic.Field(default=0.0, ge=0)
    """Period of the inventory poll: a new tag counts in a SmartGroup after at most this time; 0: the inventory is always current."""
    cloud: bool = True
    """False: gateways are recorded only; nothing is created in the account."""

    @pydantic.field_validator("version")
    @classmethod
    def _three_numbers(cls, value: str) -> str:
        if not re.fullmatch(r"\d+\.\d+\.\d+", value):
            raise ValueError("a release is MAJOR.MINOR.PATCH, for example 9.0.10")
        return value

    @property
    def release(self) -> tuple[int, int, int]:
        """The release as numbers, to compare."""
        major, minor, patch = (int(part) for part in self.version.split("."))
        return major, minor, patch


class _RunningSettings(pydantic.BaseModel):
    """The settings that may be changed while the Controller runs."""

    model_config = pydantic.ConfigDict(extra="forbid")

    gateway_seconds: float | None = None
    poll_seconds: float | None = None
    session_seconds: float | None = None
    inventory_seconds: float | None = None


def select_running_settings(settings: Settings) -> dict[str, float]:
    """Return the settings that may be changed while the Controller runs."""
    return {key: getattr(settings, key) for key in _RunningSettings.model_fields}


def apply_changes(settings: Settings, sent: bytes) -> Settings:
    """Return the settings with the changes of a JSON object; raise `pydantic.ValidationError` naming each wrong key."""
    change = _RunningSettings.model_validate_json(sent)
    return Settings.model_validate({**dict(settings), **change.model_dump(exclude_none=True)})


def load_settings(home: Path, **overrides: Any) -> Settings:
    """Return the settings of the Controller of one lab home; an override of None is ignored.

    Raises `pydantic.ValidationError` naming each wrong key.
    """
    file = home / FILE
    given = pydantic.TypeAdapter(dict[str, Any]).validate_json(file.read_text()) if file.exists() else {}
    return Settings.model_validate({**given, **{key: value for key, value in overrides.items() if value is not None}})
