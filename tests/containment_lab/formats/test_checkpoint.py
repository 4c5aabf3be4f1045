"""A checkpoint keeps what it is given, secrets encrypted, and refuses by name what it cannot honour."""

from __future__ import annotations

import json
from pathlib import Path
from unittest import mock

import pytest

from containment_lab.errors import EngineError
from containment_lab.formats import checkpoint
from containment_lab.formats.checkpoint import ResourceLines, read_states, write_deployment
from containment_lab.formats.checkpoint_file import read_deployment
from containment_lab.formats.crypt import Crypter
from containment_lab.formats.package import INTERNAL, Package, remove_internal
from containment_lab.formats.state import State, decode_state, encode_state, get_name, get_type, make_urn
from containment_lab.formats.values import parse_duration
from containment_lab.wire import wrap_secret

CRYPTER = Crypter("phrase")
STACK = make_urn("dev", "demo", "", "pulumi:pulumi:Stack", "demo-dev")
HOME = make_urn("dev", "demo", STACK, "demo:index:Home", "home")
THING = make_urn("dev", "demo", HOME, "demo:index:Thing", "a::b")


def thing() -> State:
    return State(
        THING, "demo:index:Thing", custom=True, id="1", parent=HOME, inputs={"p": wrap_secret("quiet"), "n": [1, {"x": True}]},
        outputs={"p": wrap_secret("quiet")}, provider=f"{make_urn('dev', 'demo', '', 'pulumi:providers:demo', 'own')}::id",
        dependencies=[HOME], property_dependencies={"n": [HOME]}, custom_timeouts={"create": 5.0}, import_id="1", retain_on_delete=True,
    )  # fmt: skip


def test_what_is_written_is_read_again_and_secrets_only_with_the_passphrase(tmp_path: Path) -> None:
    path = tmp_path / "dev.json"
    write_deployment(path, [State(HOME, "demo:index:Home"), thing()], [(thing(), "updating")], CRYPTER, {"kept": 1})
    assert "quiet" not in path.read_text()
    assert path.stat().st_mode & 0o077 == 0
    found = read_deployment(path)
    assert found["metadata"] == {"kept": 1}
    again = Crypter("phrase", found["secrets_providers"]["state"]["salt"])
    states, pending = read_states(found, again)
    assert [vars(each) for each in states] == [vars(State(HOME, "demo:index:Home")), vars(thing())]
    assert [(vars(state), kind) for state, kind in pending] == [(vars(thing()), "updating")]
    with pytest.raises(EngineError, match="incorrect passphrase"):
        read_states(found, Crypter("other", again.salt))


def test_of_the_resources_only_those_that_changed_are_made_into_json_again(tmp_path: Path) -> None:
    path, lines, states = tmp_path / "dev.json", ResourceLines(CRYPTER), [State(HOME, "demo:index:Home"), thing()]
    write_deployment(path, states, [], CRYPTER, {}, lines=lines)
    states[1].outputs, states[1].delete = {"p": wrap_secret("changed")}, True
    with mock.patch.object(checkpoint, "encode_state", wraps=encode_state) as made:
        write_deployment(path, states, [], CRYPTER, {}, lines=lines)
    assert [call.args[0] for call in made.call_args_list] == [states[1]]
    again, _ = read_states(read_deployment(path), CRYPTER)
    assert [vars(each) for each in again] == [vars(each) for each in states]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "not a Pulumi deployment"),
        ("[]", "not a Pulumi deployment"),
        ('{"version": 4, "deployment": {}}', "version 4 is not supported"),
    ],
)
def test_another_file_is_one_clear_error(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "dev.json").write_text(text)
    with pytest.raises(EngineError, match=told):
        read_deployment(tmp_path / "dev.json")


@pytest.mark.parametrize(("key", "told"), [("viewOf", "views"), ("taint", "taint"), ("snippetID", "snippets")])
def test_what_cannot_be_honoured_is_refused_by_name(key: str, told: str) -> None:
    with pytest.raises(EngineError, match=f"has {told}"):
        decode_state({**encode_state(thing(), CRYPTER.seal), key: "x"}, CRYPTER.unseal)


def test_an_unchanged_secret_keeps_its_ciphertext_within_a_run() -> None:
    before, after = (json.dumps(encode_state(thing(), CRYPTER.seal)) for _ in range(2))
    assert before == after


def test_urns() -> None:
    assert THING == "urn:pulumi:dev::demo::demo:index:Home$demo:index:Thing::a::b"
    assert (get_type(THING), get_name(THING)) == ("demo:index:Thing", "a::b")
    moved = thing().rename_urns(lambda urn: urn.replace("home", "house"))
    assert (moved.parent, moved.dependencies) == (HOME.replace("home", "house"), [HOME.replace("home", "house")])


@pytest.mark.parametrize(
    ("package", "inputs", "default"),
    [
        (Package("aws"), {}, "default"),
        (Package("aws", "7.51.1"), {"version": "7.51.1", INTERNAL: {}}, "default_7_51_1"),
        (
            Package("base", "1.1.1", "https://x", ("mine", "2.0.0-beta", b"{}")),
            {
                "version": "2.0.0-beta",
                INTERNAL: {"pluginDownloadURL": "https://x", "name": "base", "version": "1.1.1", "parameterization": "e30="},
            },
            "default_2_0_0_beta_https___x",
        ),
    ],
)
def test_a_provider_resource_names_its_package(package: Package, inputs: dict[str, object], default: str) -> None:
    found: dict[str, object] = {}
    package.write_inputs(found)
    assert found == inputs
    assert Package.read_inputs(State("", f"pulumi:providers:{package.name}"), found) == package
    assert package.default_name == default
    assert INTERNAL not in remove_internal(found)


@pytest.mark.parametrize(("text", "found"), [("", 0), ("30s", 30), ("1h30m", 5400), ("250ms", 0.25), ("1.5m", 90)])
def test_durations(text: str, found: float) -> None:
    assert parse_duration(text) == found


def test_a_bad_duration_is_reported() -> None:
    with pytest.raises(EngineError, match="not a duration"):
        parse_duration("5 parsecs")
