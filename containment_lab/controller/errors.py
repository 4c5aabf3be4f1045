"""Refusals of the Controller: one exception with the reason and the HTTP status of the REST dialect.

The action dialect returns HTTP 200 with `return: false` and the reason; the REST dialect returns the status and
`{"message": reason}`. Codes (AVXERR-...) are those known from Aviatrix's documents and release notes.
"""

from __future__ import annotations

from containment.errors import ContainmentError

BAD_FIELD = "AVXERR-DFW-0003"
BAD_VALUE = "AVXERR-DFW-0004"
POLICIES_EXIST = "AVXERR-DFW-0008"
NO_SUCH_POLICY = "AVXERR-DFW-0025"
POINT_TAKEN = "AVXERR-DFW-0043"
SNAT_AND_DEFAULT_ROUTE = "AVXERR-TRANSIT-EDIT-0056"


class RefusedError(ContainmentError):
    """The Controller refuses a call: `reason` is the text for the caller, `status` is for the REST dialect only."""

    def __init__(self, reason: str, status: int = 400) -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status
