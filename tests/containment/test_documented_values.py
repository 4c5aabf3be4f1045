"""Every documented key takes what the engine passes on, written with and without quotes, or the error contains the text to quote.

A value goes the whole way: stack file, the lab's conversion with this repository's own Pulumi.yaml, and the program's reading. The
commands without an engine read the same texts.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import containment.loaders.stack_file as stack_file
from containment.config.controller_release import ControllerRelease
from containment.config.pulumi_format.project_file import declare_keys
from containment.config.spec import ContainmentSpec
from containment.errors import InputError
from containment.loaders.presets import load_library
from containment.loaders.stack_file import PROJECT, read_stack, resolve_stack
from containment.names import ControllerVersion
from containment_lab.formats.config import Project, merge
from containment_lab.formats.crypt import Crypter
from tests.support.configs import IMAGE, PEM, ROUTE

ROOT = Path(__file__).parents[2]
LIBRARY = load_library()
CRYPTER = Crypter("phrase")
KEY = "arn:aws:kms:us-east-1:012345678901:key/0b7d4f2e-1111-2222-3333-444455556666"
BASE: Final[dict[str, Any]] = {"awsAccessAccount": "lab", "agentImageId": "ami-0123456789abcdef0"}
SOON = str(datetime.now(UTC).date() + timedelta(days=100))
API = {"cidrs": ["10.200.1.0/28"], "ports": [443, "8000-8010"], "owner": "build platform", "reason": "Reviewed packages."}
WAIVER = "[{{host: files.acme.example, owner: {owner}, reason: Case files., until: {until}}}]"
LOGS = {"syslogServer": "logs.acme.example", "syslogCleartext": True}

EXAMPLES: Final[Mapping[str, tuple[Any, dict[str, Any]]]] = {
    "awsAccessAccount": ("aws-lab", {}),
    "tags": ({"owner": "platform", "cost-centre": "cc-42"}, {}),
    "organizationId": ("o-a1b2c3d4e5", {}),
    "internalDnsDomains": (["artifacts.acme.internal"], {}),
    "spokeGatewayName": ("gw-one", {}),
    "agentPrivateIp": ("10.42.10.7", {}),
    "agentImageId": ("ami-0123456789abcdef0", {}),
    "installMode": ("hermes", {}),
    "installerVersion": ("2026.9.6", {}),
    "installerDigest": ("sha256-" + "ab" * 32, {}),
    "enablePackageInstalls": ("false", {}),
    "enablePublicReference": ("false", {}),
    "openclawCoreDomains": (["openclaw.ai"], {}),
    "approvedModelGatewayDomains": (["models.acme.example"], {}),
    "packageRegistryDomains": (["npm.acme.example"], {}),
    "osUpdateDomains": (["security.ubuntu.com"], {}),
    "publicReferenceDomains": (["docs.acme.example"], {"agentClass": "open-demo"}),
    "unapprovedModelProviderDomains": (["api.openai.com", "*.mistral.ai"], {}),
    "alwaysEnforce": (["unapproved-models", "paste-and-webhooks"], {}),
    "sanctionedModelProviders": (
        [{"host": "api.openai.com", "owner": "platform", "reason": "Company contract.", "until": SOON}],
        {"approvedModelGatewayDomains": ["api.openai.com"]},
    ),
    "credentialRoutes": ([ROUTE], {"credentialGatewayImageId": IMAGE}),
    "credentialGatewayImageId": (IMAGE, {"credentialRoutes": [ROUTE]}),
    "approvedModelGatewayCidrs": (["10.201.0.0/28"], {}),
    "approvedSaasApiDomains": (["acme.zendesk.example"], {}),
    "approvedMcpGatewayDomains": (["mcp.acme.example"], {}),
    "identityAndTelemetryDomains": (["login.acme.example"], {}),
    "awsInfraDomains": (["sqs.us-east-1.amazonaws.com"], {}),
    "approvedInternalApis": ({"artifacts": API}, {}),
    "uploadWaivers": (
        [{"host": "telemetry.openclaw.ai", "owner": "records", "reason": "Usage reports, reviewed in March.", "until": SOON}],
        {"agentClass": "research", "identityAndTelemetryDomains": ["telemetry.openclaw.ai"]},
    ),
    "policyBundle": ("s3://bundles-of-acme/coding", {}),
    "sessionOwner": ("platform-team", {"operatorSessions": True}),
    "sessionIdentityProvider": ("arn:aws:iam::111122223333:oidc-provider/login.acme.example", {}),
    "sessionSamlIssuer": (
        "https://login.acme.example/saml",
        {"sessionIdentityProvider": "arn:aws:iam::111122223333:saml-provider/company"},
    ),
    "tlsDecryptionUrls": (["api.acme.example/v1/*"], {"acceptDecryptionWithSnat": True}),
    "enableTlsDecryptionDesign": (True, {"tlsDecryptionUrls": ["api.acme.example/v1/*"], "acceptDecryptionWithSnat": True}),
    "acceptDecryptionWithSnat": (True, {}),
    "intrusionDetection": (True, {"tlsDecryptionUrls": ["api.acme.example/v1/*"], "acceptDecryptionWithSnat": True}),
    "observeResults": ("observations", {}),
    "copilotPrivateIp": ("10.250.0.9", {}),
    "copilotPublicIp": ("192.0.2.9", {"copilotPrivateIp": "10.250.0.9"}),
    "logKmsKeyArn": (KEY, {}),
    "syslogServer": ("logs.acme.example", {"syslogCleartext": True}),
    "syslogPort": (6514, LOGS),
    "syslogCleartext": (True, {"syslogServer": "logs.acme.example"}),
    "syslogCaCertificate": (PEM, {"syslogServer": "logs.acme.example"}),
}
"""Key -> an example and what it needs beside it; every other key has its documented default."""


def written(value: Any, quoted: bool) -> str:
    """Return a value as people write it in a stack file, texts with or without quotes."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {written(item, quoted)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(written(item, quoted) for item in value) + "]"
    if isinstance(value, str) and not quoted and value and value[0] not in "*-" and "[" not in value and "," not in value:
        return value
    return json.dumps(value)


def outcomes(folder: Path, config: Mapping[str, str]) -> tuple[ContainmentSpec | str, ContainmentSpec | str]:
    """Return what the program and the commands without an engine make of a stack file: a spec, or the error."""
    lines = "".join(f"  {PROJECT}:{key}: {text}\n" for key, text in config.items())
    (folder / "Pulumi.yaml").write_text((ROOT / "Pulumi.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    (folder / "Pulumi.made-up.yaml").write_text(f"config:\n{lines}", encoding="utf-8")
    values = merge(Project.load(folder), "made-up", CRYPTER, {}, {}, {}).values
    received = {key.removeprefix(f"{PROJECT}:"): text for key, text in values.items()}
    return _tried(lambda: resolve_stack(received, "made-up", folder)), _tried(lambda: read_stack("made-up", folder=folder))


def _tried(resolve: Any) -> ContainmentSpec | str:
    try:
        found: ContainmentSpec = resolve()
    except InputError as error:
        return str(error)
    return found


@pytest.fixture(autouse=True)
def library_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stack_file, "load_library", lambda: LIBRARY)


@pytest.mark.parametrize("key", sorted(declare_keys()))
def test_a_documented_value_is_the_same_with_and_without_quotes(key: str, tmp_path: Path) -> None:
    value, needed = EXAMPLES.get(key, (declare_keys()[key]["default"], {}))
    assert value != "", f"{key} has no documented example"
    beside = {name: written(item, quoted=True) for name, item in {**BASE, **needed}.items() if name != key}
    quoted, offline = outcomes(tmp_path, {**beside, key: written(value, quoted=True)})
    assert isinstance(quoted, ContainmentSpec), quoted
    assert offline == quoted
    plain, offline = outcomes(tmp_path, {**beside, key: written(value, quoted=False)})
    assert plain == quoted or f"Pulumi.made-up.yaml:{key}: " in str(plain)
    assert plain == quoted or "quote it: " in str(plain)
    assert plain == offline


def test_only_the_image_owner_cannot_be_written_without_quotes(tmp_path: Path) -> None:
    beside = {key: written(value, quoted=True) for key, value in BASE.items()}
    plain, _ = outcomes(tmp_path, {**beside, "agentImageOwner": "099720109477"})
    assert 'quote it: "099720109477"' in str(plain)


SETTINGS = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@SETTINGS
@given(day=st.dates(date(2000, 1, 1), date(2199, 12, 31)))
def test_any_day_is_taken_with_and_without_quotes(day: date, tmp_path: Path) -> None:
    value, needed = EXAMPLES["uploadWaivers"]
    beside = {name: written(item, quoted=True) for name, item in {**BASE, **needed}.items()}
    found = [
        outcomes(tmp_path, {**beside, "uploadWaivers": written([{**value[0], "until": str(day)}], quoted=quoted)})
        for quoted in (True, False)
    ]
    assert found[0] == found[1]
    assert found[0][0] == found[0][1]
    if isinstance(found[0][0], ContainmentSpec):
        assert found[0][0].config.upload_waivers[0].until == day
    else:
        assert day < datetime.now(UTC).date()


@pytest.mark.parametrize("version", list(ControllerVersion))
@pytest.mark.parametrize("quote", ["", '"', "'"])
def test_any_controller_version_is_taken_with_and_without_quotes(version: ControllerVersion, quote: str, tmp_path: Path) -> None:
    beside = {key: written(value, quoted=True) for key, value in BASE.items()}
    beside |= {"verifySni": "false", "manageControllerPolicy": "true", "controllerVersion": f"{quote}{version.value}{quote}"}
    for found in outcomes(tmp_path, beside):
        assert isinstance(found, ContainmentSpec), found
        assert found.config.controller_version == ControllerRelease(version)


@SETTINGS
@given(account=st.from_regex(r"0{0,3}[0-9]{12}", fullmatch=True).map(lambda text: text[:12]) | st.from_regex(r"0[0-7]{11}", fullmatch=True))
def test_any_account_is_taken_or_the_error_contains_it_to_quote(account: str, tmp_path: Path) -> None:
    beside = {key: written(value, quoted=True) for key, value in BASE.items()}
    for found in outcomes(tmp_path, {**beside, "agentImageOwner": f'"{account}"'}):
        assert isinstance(found, ContainmentSpec), found
        assert found.config.agent_image_owner == account
    for found in outcomes(tmp_path, {**beside, "agentImageOwner": account}):
        if isinstance(found, ContainmentSpec):
            assert found.config.agent_image_owner == account
        else:
            assert f'"{account}"' in found
            assert "quote it: " in found


@pytest.mark.parametrize(
    ("key", "text", "says"),
    [
        ("awsAccessAccount", "012345678901", 'quote it: "012345678901"'),
        ("agentImageOwner", "012345670123", 'quote it: "001402433619" or "012345670123"'),
        ("installerVersion", "1.10", "is a number, which loses zeros without quotes"),
        ("tags", "{team: 42}", 'quote it: "42"'),
        ("tags", "{on-call: true}", 'quote it: "true"'),
        ("tags", "{reviewed: 2027-03-31}", 'quote it: "2027-03-31"'),
        ("agentWorkloadTagValue", "2027-03-31 10:00:00", 'quote it: "2027-03-31 10:00:00"'),
        (
            "approvedInternalApis",
            "{a: {cidrs: [10.8.1.0/28], ports: [443], owner: 7, reason: Packages.}}",
            'quote it: "7"',
        ),
        ("uploadWaivers", WAIVER.format(owner="records", until="20270331"), "is a number and not a day"),
        ("uploadWaivers", WAIVER.format(owner="records", until="2027-03-31T10:00:00Z"), "has a time of day"),
        ("uploadWaivers", WAIVER.format(owner="'-'", until="2027-03-31"), "contains no word"),
    ],
)
def test_what_was_lost_without_quotes_is_named(key: str, text: str, says: str, tmp_path: Path) -> None:
    beside = {name: written(value, quoted=True) for name, value in BASE.items()}
    for found in outcomes(tmp_path, {**beside, key: text}):
        assert f"Pulumi.made-up.yaml:{key}: " in str(found)
        assert says in str(found)


@pytest.mark.parametrize(
    ("key", "text", "says"),
    [
        ("haGateway", "yes", "must be of type boolean: write true or false"),
        ("haGateway", "1", "must be of type boolean: write true or false"),
        ("haGateway", "", "must be of type boolean: write true or false"),
        ("syslogPort", "65.5", "must be of type integer: write a whole number"),
        ("syslogPort", "true", "must be of type integer: write a whole number"),
        ("eastWestDenyCidrs", "'[\"10.8.0.0/24\"]'", "must be of type array<string>: write it as a YAML list or object, without quotes"),
        ("eastWestDenyCidrs", "[1, 10.8.0.0/24]", "must be of type array<string>: write each item in quotes"),
        ("approvedModelGatewayCidrs", "[1, 10.8.0.0/24]", '[0] is not a text, and not an entry: quote it: "1"'),
        ("approvedSaasApiDomains", "[1, a.acme.example]", '[0] is not a text, and not an entry: quote it: "1"'),
        ("uploadWaivers", "[a]", "must be of type array<object>: write each item as object"),
        ("tags", "'{}'", "must be of type object: write it as a YAML list or object, without quotes"),
        ("namePrefix", "[vca]", "must be of type string: write one text, not a list or an object"),
    ],
)
def test_what_the_engine_refuses_is_refused_without_an_engine_too(key: str, text: str, says: str, tmp_path: Path) -> None:
    lines = "".join(f"  {PROJECT}:{name}: {written(value, quoted=True)}\n" for name, value in BASE.items())
    (tmp_path / "Pulumi.made-up.yaml").write_text(f"config:\n{lines}  {PROJECT}:{key}: {text}\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_stack("made-up", folder=tmp_path)
    assert [problem.where for problem in caught.value.problems] == [f"Pulumi.made-up.yaml:{key}"]
    (problem,) = caught.value.problems
    assert f"{problem.what.partition(' (')[0]}: {problem.fix}".startswith(says)


@pytest.mark.parametrize("value", ["yes", "1", "True", "on"])
def test_an_option_that_is_no_boolean_is_refused_without_an_engine(value: str, tmp_path: Path) -> None:
    (tmp_path / "Pulumi.made-up.yaml").write_text("config: {}\n")
    with pytest.raises(InputError, match="must be of type boolean"):
        read_stack("made-up", {"haGateway": value}, tmp_path)
