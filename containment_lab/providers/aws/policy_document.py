"""`aws.iam.get_policy_document`: statements rendered as the JSON text of the real provider. Pure."""

from __future__ import annotations

import json
from typing import Any
from zlib import crc32

from containment_lab.providers.handler import Props, RefusedError


def render_policy_document(args: Props) -> Props:
    """Return the rendered document; raise RefusedError for two statements of one sid that do not override."""
    sources = [json.loads(text) for text in args.get("sourcePolicyDocuments") or [] if text]
    overrides = [json.loads(text) for text in args.get("overridePolicyDocuments") or [] if text]
    statements: list[Props] = []
    for document in sources:
        _add(statements, document, override=False)
    own = {"Statement": [_render_statement(each) for each in args.get("statements") or []]}
    _add(statements, own, override=True)
    for document in overrides:
        _add(statements, document, override=True)
    out: Props = {"Version": args.get("version") or "2012-10-17"}
    if identity := args.get("policyId") or next((each["Id"] for each in reversed(overrides + sources) if each.get("Id")), None):
        out["Id"] = identity
    out["Statement"] = statements
    text = json.dumps(out, indent=2)
    return {**args, "id": str(crc32(text.encode())), "json": text, "minifiedJson": json.dumps(out, separators=(",", ":"))}


def _add(statements: list[Props], document: Props, *, override: bool) -> None:
    given = document.get("Statement") or []
    for each in given if isinstance(given, list) else [given]:
        sid = each.get("Sid")
        twin = next((number for number, old in enumerate(statements) if sid and old.get("Sid") == sid), None)
        if twin is None:
            statements.append(each)
        elif override:
            statements[twin] = each
        else:
            raise RefusedError(f"getPolicyDocument: two source statements have the sid {sid}; rename one")


def _collapse_list(values: list[str]) -> Any:
    return values[0] if len(values) == 1 else values


def _render_statement(given: Props) -> Props:
    out: Props = {"Sid": given["sid"]} if given.get("sid") else {}
    out["Effect"] = given.get("effect") or "Allow"
    for ours, theirs in (("actions", "Action"), ("notActions", "NotAction"), ("resources", "Resource"), ("notResources", "NotResource")):
        if given.get(ours):
            out[theirs] = _collapse_list(sorted(given[ours], reverse=True))
    for ours, theirs in (("principals", "Principal"), ("notPrincipals", "NotPrincipal")):
        if given.get(ours):
            out[theirs] = _render_principals(given[ours])
    if given.get("conditions"):
        conditions: dict[str, dict[str, Any]] = {}
        for each in given["conditions"]:
            conditions.setdefault(each["test"], {})[each["variable"]] = _collapse_list(each["values"])
        out["Condition"] = conditions
    return out


def _render_principals(given: list[Props]) -> Any:
    if len(given) == 1 and given[0]["type"] == "*" and given[0]["identifiers"] == ["*"]:
        return "*"
    merged: dict[str, list[str]] = {}
    for each in given:
        merged.setdefault(each["type"], []).extend(each["identifiers"])
    return {kind: _collapse_list(sorted(identifiers, reverse=True)) for kind, identifiers in merged.items()}
