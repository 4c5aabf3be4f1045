"""AWS service endpoints of one region: names that serve every account, and that only the same region's VPC endpoints answer.

A name counts if AWS publishes it for a service (`s3.eu-west-3.amazonaws.com`, `api.ecr.eu-west-3.amazonaws.com`). A name with a label of
one customer is left out (`acme.s3.eu-west-3.amazonaws.com`, `abc123.execute-api.eu-west-3.amazonaws.com`): it belongs to that customer,
in whatever region. Source: AWS General Reference, "Service endpoints and quotas".
"""

from __future__ import annotations

import re
from typing import Final

from containment.patterns.domain import DomainPattern

_REGION: Final = r"(?P<region>[a-z]{2,4}(?:-[a-z]+){1,3}-\d)"
_ROOT: Final = r"\.(?:amazonaws\.com|amazonaws\.com\.cn|amazonaws\.eu|api\.aws|api\.amazonwebservices\.com\.cn)"
_SERVICE: Final = r"[a-z0-9*][a-z0-9*-]*"
_PARTS: Final = "api|dkr|runtime|data|streams|entitlement|metering|pricing|portal|internal|control|query|ingest|sync|env|ops|app|session"
"""First labels of services whose published names have two labels before the region."""

_FORMS: Final = (
    re.compile(rf"{_SERVICE}\.{_REGION}{_ROOT}"),
    re.compile(rf"(?:{_PARTS})(?:[.-]fips)?\.{_SERVICE}\.{_REGION}{_ROOT}"),
    re.compile(rf"(?:\*\.)*(?:dkr|dkr-fips)\.ecr\.{_REGION}{_ROOT}"),
    re.compile(rf"(?:\*\.)*s3(?:-fips)?(?:\.dualstack)?\.{_REGION}{_ROOT}"),
    re.compile(rf"s3[.-](?:website[.-]|accesspoint[.-]|control[.-])?{_REGION}{_ROOT}"),
)


def find_service_region(pattern: DomainPattern) -> str | None:
    """Return the region of an AWS service endpoint, None for every other name."""
    match = next((found for form in _FORMS if (found := form.fullmatch(pattern.text))), None)
    return None if match is None else match["region"]


def move_to_region(pattern: DomainPattern, region: str) -> str:
    """Return the name of the same endpoint in another region; the pattern itself if it is no service endpoint."""
    own = find_service_region(pattern)
    return pattern.text if own is None else pattern.text.replace(own, region)
