"""Single sign-on by a tag that a caller can set itself."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import sessions

signed_in = {**sessions.CONDITIONS["StringEquals"], "aws:PrincipalTag/mfa": "true"}
if place.REPAIRED:
    signed_in |= {"aws:FederatedProvider": f"arn:aws:iam::{place.ACCOUNT}:saml-provider/company"}
conditions = {"StringEquals": signed_in, "Bool": {"ssm:SessionDocumentAccessCheck": "true"}}
sessions.vend(host_conditions=conditions)  # NOT OK: operators: sts:TagSession makes anybody the owner, signed in
