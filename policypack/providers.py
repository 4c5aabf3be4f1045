"""The model providers that nobody may reach unapproved: the least that a deny names."""

from __future__ import annotations

from typing import Final

from containment.model.permitted.providers import MINIMUM

PROVIDERS: Final = MINIMUM
"""The same minimum set that configuration denies."""
