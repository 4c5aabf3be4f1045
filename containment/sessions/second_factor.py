"""Names of session tags that state a second factor.

A tag says nothing by itself: `department: true` is no second factor. So its name must say it, in the configuration and in every policy
that the pack reads. `amr` and `acr` are the claims of OpenID Connect Core 1.0, section 2.
"""

from __future__ import annotations

import re
from typing import Final

_SPELLED: Final = r".*(mfa|multi-?factor|second-?factor|2fa|assurance).*"
_CLAIM: Final = r"(.*[^a-z0-9])?(amr|acr)([^a-z0-9].*)?"
_NAME: Final = re.compile(rf"(?i){_SPELLED}|{_CLAIM}")


def is_second_factor_tag(key: str) -> bool:
    """Return whether the key of a session tag says that it states a second factor, in any case of letters."""
    return bool(_NAME.fullmatch(key))
