"""Model providers that the shadow-model deny must name at least."""

from __future__ import annotations

from typing import Final

from containment.patterns.permitted_names.providers import MINIMUM

PROVIDERS: Final = MINIMUM
"""The minimum set, which configuration denies as well."""
