"""Configuration files of any content and kind end neither a discovery nor the user's patience: each is read, or counted as not seen."""

from __future__ import annotations

import json
import os
import random
import socket
import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from containment.discovery.answer import build_answer
from containment.discovery.comparison import compare
from containment.discovery.files import MOST_BYTES, OWN_ROOT, FormatError, Root, UnreadableError, list_folder, parse, read_file
from containment.discovery.inventory import UnseenLog
from containment.discovery.known_data import ConfigFile, ConfigFormat, load_config_files
from containment.discovery.places import Place
from containment.discovery.servers import ConfiguredServer, read_servers
from containment.queries.renderers import Format, render_text
from tests.containment.discovery.planted import SECRETS, list_files, plant
from tests.containment.discovery.recorded import DECLARED, INVENTORY

CASES = int(os.environ.get("CASES", "200"))
CURSOR = next(one for one in load_config_files() if one.path == "~/.cursor/mcp.json")
DEEP = 100_000


def read(home: Path, files: list[ConfigFile] | None = None) -> tuple[list[ConfiguredServer], list[str]]:
    """Return the servers below a home, and what was not seen."""
    unseen = UnseenLog()
    place = Place(root=OWN_ROOT, path=str(home))
    found, _ = read_servers(files or [CURSOR], [place], [place], [OWN_ROOT], [], unseen)
    return found, [f"{one.where}: {one.reason}" for one in unseen.list()]


def write(home: Path, content: bytes | str) -> Path:
    """Write the configuration of Cursor."""
    path = home / ".cursor" / "mcp.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def make_fifo(path: Path) -> None:
    os.mkfifo(path)


def make_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        here = Path.cwd()
        os.chdir(path.parent)  # the path of a socket is short
        server.bind(path.name)
        os.chdir(here)


def make_loop(path: Path) -> None:
    path.symlink_to(path.name)


def make_device_link(path: Path) -> None:
    path.symlink_to("/dev/zero")


def make_huge(path: Path) -> None:
    with path.open("wb") as out:
        out.truncate(1 << 40)


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (make_fifo, "is a FIFO"),
        (make_socket, "is a socket"),
        (make_loop, "symbolic links"),
        (make_device_link, "is a device"),
        (make_huge, "more than the"),
        (Path.mkdir, "is a folder"),
    ],
)
def test_what_is_no_plain_file_is_counted_and_not_opened(tmp_path: Path, make: object, reason: str) -> None:
    (tmp_path / ".cursor").mkdir()
    assert callable(make)
    make(tmp_path / ".cursor" / "mcp.json")
    found, unseen = read(tmp_path)
    assert found == []
    assert len(unseen) == 1
    assert reason in unseen[0]


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    ("content", "format_"),
    [
        ("[" * DEEP, ConfigFormat.JSON),
        ('{"a":' * DEEP, ConfigFormat.JSONC),
        ("/*" * DEEP, ConfigFormat.JSONC),
        ('"' * DEEP + "\\", ConfigFormat.JSONC),
        (", " * DEEP, ConfigFormat.JSONC),
        ('"' + '\\"' * DEEP, ConfigFormat.JSONC),
        ('{"a": "' + "\\\\" * DEEP, ConfigFormat.JSONC),
        ("," + " " * DEEP + "," * DEEP, ConfigFormat.JSONC),
        ("{" + " /" * DEEP, ConfigFormat.JSONC),
        ("[" * DEEP, ConfigFormat.YAML),
        ("- " * DEEP, ConfigFormat.YAML),
        ("!!python/object/apply:os.system ['true']", ConfigFormat.YAML),
        ("x = " + "[" * DEEP, ConfigFormat.TOML),
        ("a." * DEEP + "b = 1", ConfigFormat.TOML),
        ("\0", ConfigFormat.TOML),
        ('{"a": 1', ConfigFormat.JSON),
    ],
)
def test_content_that_breaks_parsers_is_an_error_without_its_text(content: str, format_: ConfigFormat) -> None:
    start = time.process_time()
    with pytest.raises(FormatError) as error:
        parse(content.encode(), format_)
    assert len(str(error.value)) < 100
    assert time.process_time() - start < 20, "seconds, on a machine that is busy"


def test_an_error_has_no_part_of_the_file(tmp_path: Path) -> None:
    write(tmp_path, '{"mcpServers": {"a": {"env": {"TOKEN": "planted-secret"')
    assert "planted-secret" not in "".join(read(tmp_path)[1])
    with pytest.raises(FormatError) as error:
        parse(b"key: [planted-secret", ConfigFormat.YAML)
    assert "planted" not in str(error.value)


@pytest.mark.parametrize(
    ("document", "names"),
    [
        ("null", []),
        ("{}", []),
        ('{"mcpServers": null}', []),
        ('{"mcpServers": {"a": null}}', ["a"]),
        ('{"mcpServers": {"a": {"command": 7, "args": {"x": 1}}}}', ["a"]),
        ('{"mcpServers": [{"name": "b", "command": "x"}]}', ["b"]),
        ('{"mcpServers": {"a": {"command": "x"}}, "mcpServers": {"b": {"command": "y"}}}', ["a", "b"]),
        ('{"mcpServers": {"a": {"command": "x", "env": ["A=1", 2], "headers": 3}}}', ["a"]),
    ],
)
def test_any_form_of_a_server_is_listed_by_name(tmp_path: Path, document: str, names: list[str]) -> None:
    write(tmp_path, document)
    assert [one.found.name for one in read(tmp_path)[0]] == names


@pytest.mark.parametrize("document", ["[]", "7", '"text"', '{"mcpServers": 7}'])
def test_a_form_that_has_no_servers_is_counted(tmp_path: Path, document: str) -> None:
    write(tmp_path, document)
    assert len(read(tmp_path)[1]) == 1


def test_changed_files_of_every_format_never_end_a_discovery(tmp_path: Path) -> None:
    chance = random.Random(18)
    files = [next(one for one in list_files() if one.format is kind) for kind in ConfigFormat]
    for number in range(CASES):
        file = files[number % len(files)]
        _, path = plant(file, tmp_path, tmp_path, tmp_path)
        content = bytearray(path.read_bytes())
        for _ in range(chance.randrange(1, 6)):
            place = chance.randrange(len(content))
            match chance.randrange(4):
                case 0:
                    content[place] = chance.randrange(256)
                case 1:
                    del content[place : place + chance.randrange(1, 20)]
                case 2:
                    content[place:place] = content[: chance.randrange(1, 40)]
                case _:
                    content[place:place] = chance.choice([b'"', b"{", b"}", b"[", b"\\", b"\0", b"\xff", b"/*", b"//", b"\n", b"&a *a"])
        path.write_bytes(content)
        found, unseen = read(tmp_path, [file])
        assert not [line for line in unseen if any(value in line for value in SECRETS.values())]
        assert all(one.found.name.isprintable() for one in found)


@settings(max_examples=max(40, CASES // 5), deadline=None)
@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_any_document_in_place_of_servers_is_read(value: object) -> None:
    unseen = UnseenLog()
    document = parse(json.dumps({"mcpServers": value}).encode(), ConfigFormat.JSON)
    assert isinstance(document, dict)
    from containment.discovery.servers import _collect

    found = list(_collect(CURSOR, Place(root=OWN_ROOT, path="/x"), document, unseen))
    assert all(one.found.name.isprintable() for one in found)


def test_servers_that_contain_themselves_are_listed_once(tmp_path: Path) -> None:
    (tmp_path / ".hermes").mkdir()
    (tmp_path / ".hermes" / "config.yaml").write_text("mcp_servers: &all\n  loop: *all\n")
    hermes = next(one for one in load_config_files() if one.path == "~/.hermes/config.yaml")
    assert [one.found.name for one in read(tmp_path, [hermes])[0]] == ["loop"]


def test_names_of_folders_cannot_change_the_terminal_or_end_the_output(tmp_path: Path) -> None:
    home = tmp_path / os.fsdecode(b"\x1b[2J\n\xff")
    write(home, '{"mcpServers": {"a\\u001b[31m": {"command": "x\\ny"}}}')
    unseen = UnseenLog()
    place = Place(root=OWN_ROOT, path=str(home))
    (server,), _ = read_servers([CURSOR], [place], [], [OWN_ROOT], [], unseen)
    (home / ".vscode" / "mcp.json").mkdir(parents=True)
    vscode = next(one for one in load_config_files() if one.path == "~/.vscode/mcp.json")
    read_servers([vscode], [place], [], [OWN_ROOT], [], unseen)
    found = replace(INVENTORY, servers=(server.found,), unseen=unseen.list())
    answer = build_answer(found, compare(found, DECLARED, all_programs=True), DECLARED)
    for form in (Format.TABLE, Format.JSON, Format.MARKDOWN, Format.CSV):
        text = render_text(answer, form)
        assert "\x1b" not in text
        assert text.encode()
    assert all(one.where.isprintable() for one in found.unseen)


def test_a_link_in_a_container_stays_in_the_container(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "passwd").write_text("inside\n")
    for name, target in (("absolute", "/etc/passwd"), ("upwards", "../../../../../../etc/passwd"), ("folder", "/etc")):
        (tmp_path / name).symlink_to(target)
    root = Root(str(tmp_path), "container")
    assert read_file(root, "/absolute") == b"inside\n"
    assert read_file(root, "/upwards") == b"inside\n"
    assert read_file(root, "/folder/passwd") == b"inside\n"
    assert read_file(root, "/etc/../../etc/passwd") == b"inside\n"
    assert [name for name, _ in list_folder(root, "/folder") or []] == ["passwd"]
    assert read_file(root, "/etc/hostname") is None


def test_a_file_that_grows_while_it_is_read_is_not_read_whole(tmp_path: Path) -> None:
    with pytest.raises(UnreadableError, match="more than"):
        read_file(OWN_ROOT, str(write(tmp_path, b" " * 100)), 99)
    assert MOST_BYTES < 64 << 20
