"""The record is read and verified without boto3, which is imported when a KMS key is used, and not before."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

CONTAINMENT = Path(__file__).parents[3] / "containment"


def _print(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, timeout=60).stdout.strip()


def test_the_log_is_read_without_boto3() -> None:
    assert _print("import sys; import containment.record.log; print('boto3' in sys.modules)") == "False"


def test_a_kms_key_imports_boto3_itself() -> None:
    code = (
        "import sys; from containment.record.signer_library import AWSSigner; from securesystemslib.signer import _aws_signer as made; "
        "late = made.boto3; found = late.client; import boto3; print(late is not boto3, found is boto3.client)"
    )
    assert _print(code) == "True True"


def test_a_process_that_has_boto3_keeps_its_module() -> None:
    code = (
        "import boto3, sys; import containment.record.signer_library; from securesystemslib.signer import _aws_signer as made; "
        "print(made.boto3 is boto3 is sys.modules['boto3'])"
    )
    assert _print(code) == "True"


def test_every_module_takes_the_library_from_here() -> None:
    """Whoever imports the signers first decides whether boto3 comes with them."""
    direct = [
        path.relative_to(CONTAINMENT).as_posix()
        for path in CONTAINMENT.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom)
        and (node.module or "").startswith("securesystemslib")
        and node.module != "securesystemslib.exceptions"
    ]
    assert set(direct) == {"record/signer_library.py"}
