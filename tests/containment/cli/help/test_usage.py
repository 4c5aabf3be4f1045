"""Wrong usage: a value that an option does not take, and a missing one, are explained in plain words with what to write."""

from __future__ import annotations

import pytest

from tests.containment.cli.conftest import Run


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ("audit show abc", "'number': \"abc\" is not a whole number; write a whole number"),
        ("catalog due --days x", "'--days': \"x\" is not a whole number; write a whole number"),
        ("catalog due --days -5", "'--days': \"-5\" is below 0; write 0, the lowest"),
        ("audit stats --rate often", "'--rate': \"often\" is not a number; write a number"),
        ("audit stats --rate 7", "'--rate': \"7\" is above 1.0; write 1.0, the highest"),
        ("plan --format jsn", '"jsn" is not known; write json (known: table, json, markdown, csv)'),
        ("render --as word", '"word" is not known; write one of: openshell, launcher, webgroups, cedar, harness'),
        ("explain --stack coding-monitor", "Missing option '--to'. It is: NAME:PORT, a URL, or ADDRESS:PORT"),
        ("enforce --stack coding-monitor --evidence x", "No such option: --stack. It is an argument: write containment enforce STACK"),
        ("attest --stack coding-monitor", "No such option: --stack. It is an argument: write containment attest run STACK"),
        ("evidence rn coding-monitor", "No such command 'rn'. Did you mean 'run'?"),
        ("attest verfy FILE", "No such command 'verfy'. Did you mean 'verify'?"),
        ("plan --stak coding-monitor", "No such option: --stak (Possible options: --stack)"),
        ("audit show", "Missing argument 'number'. It is: The number of the entry."),
    ],
)
def test_wrong_usage_names_the_value_and_what_to_write(run: Run, arguments: str, says: str) -> None:
    done = run(*arguments.split())
    assert done.exit_code == 2
    assert done.stdout == ""
    assert says in done.stderr
    assert "Input should" not in done.stderr
    assert "Value error" not in done.stderr
