"""What can be set about a simulated Controller: `controller.json` in the lab home, then the command line.

The file is optional; a key it does not know is an error. Times are seconds.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pydantic

FILE = "controller.json"


class Settings(pydantic.BaseModel):
    """One Controller's settings; every default is a Controller that a first `up` can use."""

    model_config = pydantic.ConfigDict(frozen=True, extra="forbid")

    version: str = "9.0.10"
    """What the Controller says its release is; a provider's MAJOR.MINOR must equal it."""
    password: pydantic.SecretStr | None = None
    """The password `login` demands; None: any that is not empty."""
    account_name: str = "lab"
    account_number: str = "123456789012"
    """The one access account that is onboarded; the number is the simulated cloud's."""
    gateway_seconds: float = pydantic.Field(default=0.5, ge=0)
    """How long a gateway task runs at least, before its work in the account starts."""
    poll_seconds: float = pydantic.Field(default=10.0, gt=0)
    """How often routes in the account are looked at and put back."""
    session_seconds: float = pydantic.Field(default=3600.0, gt=0)
    """How long a session lives without a call."""
    inventory_seconds: float = pydantic.Field(default=0.0, ge=0)
    """How often the account is read, which is how long a tag takes to count in a SmartGroup; 0: always known as it is."""
    cloud: bool = True
    """False: gateways are book-keeping only; nothing is made in the account."""

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


class _Change(pydantic.BaseModel):
    """What may be set while the Controller runs."""

    model_config = pydantic.ConfigDict(extra="forbid")

    gateway_seconds: float | None = None
    poll_seconds: float | None = None
    session_seconds: float | None = None
    inventory_seconds: float | None = None


def running(settings: Settings) -> dict[str, float]:
    """Return the settings that may change while the Controller runs."""
    return {key: getattr(settings, key) for key in _Change.model_fields}


def changed(settings: Settings, sent: bytes) -> Settings:
    """Return the settings with the changes in a JSON object; raises `pydantic.ValidationError` naming each wrong key."""
    change = _Change.model_validate_json(sent)
    return Settings.model_validate({**dict(settings), **change.model_dump(exclude_none=True)})


def load(home: Path, **overrides: Any) -> Settings:
    """Return the settings of the Controller of one lab home; an override of None counts as not given.

    Raises `pydantic.ValidationError` naming each wrong key.
    """
    file = home / FILE
    given = pydantic.TypeAdapter(dict[str, Any]).validate_json(file.read_text()) if file.exists() else {}
    return Settings.model_validate({**given, **{key: value for key, value in overrides.items() if value is not None}})
