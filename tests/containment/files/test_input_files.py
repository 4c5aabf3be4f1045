"""Files that a user names: each failure has a reason in plain words, and a fix."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from containment.files import input_files


def make_link_to_itself(path: Path) -> None:
    path.symlink_to(path)


def make_nothing(path: Path) -> None:
    assert not path.exists()


BROKEN: dict[str, tuple[Callable[[Path], object] | bytes, str]] = {
    "missing": (make_nothing, "does not exist"),
    "folder": (Path.mkdir, "is a folder, not a file"),
    "link to itself": (make_link_to_itself, "is a symbolic link that leads back to itself"),
    "empty": (b"", "is empty"),
    "bytes": (b'{"a": 1,\n"b": "\xe9"}', "line 2, byte 7: is not UTF-8 text"),
    "saved by another editor": ("\ufeff{}".encode("utf-16-le"), "is UTF-16 text, not UTF-8"),
    "compressed": (b"\x1f\x8b\x08\x00\xff\xfe", "is compressed with gzip"),
    "cut off": (b'{"a": [1, 2', "line 1, column 12: is not JSON: it ends in the middle of a value"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_file_that_cannot_be_used_is_explained(name: str, tmp_path: Path) -> None:
    made, says = BROKEN[name]
    path = tmp_path / "given.json"
    if isinstance(made, bytes):
        path.write_bytes(made)
    else:
        made(path)
    with pytest.raises(input_files.InputFileError) as caught:
        input_files.read_json(path)
    problem = caught.value.make_problem("it decides", "write it with a command")
    assert problem.what == says
    assert problem.where == str(path)
    assert problem.fix.endswith("write it with a command")
    assert not {"Errno", "codec", "Expecting"} & {*str(problem).replace("[", " ").split()}


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path) -> None:
    path = tmp_path / "given.json"
    path.write_bytes(b'\xef\xbb\xbf{"a": 1}\r\n')
    assert input_files.read_json(path) == {"a": 1}


def test_a_file_without_an_end_is_not_read_without_end() -> None:
    with pytest.raises(input_files.InputFileError, match="is larger than 1 MiB"):
        input_files.read_json(Path("/dev/zero"), 1 << 20)


@pytest.mark.parametrize(
    ("content", "fix"),
    [(b'{"a": [1, 2', "write it whole"), (b'{"a": 1, "a": 2}', "remove one a"), (b'{"a": NaN}', "write a number, or null")],
)
def test_a_mistake_in_json_keeps_the_fix_of_the_parser(tmp_path: Path, content: bytes, fix: str) -> None:
    path = tmp_path / "given.json"
    path.write_bytes(content)
    with pytest.raises(input_files.InputFileError) as caught:
        input_files.read_json(path)
    assert caught.value.fix.startswith(fix)
    assert caught.value.make_problem("it decides", "run the command").fix == f"{caught.value.fix}; or run the command"
