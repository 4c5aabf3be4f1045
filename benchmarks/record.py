"""Time to verify a log of decisions: `python -m benchmarks.record [--entries N]`, by the clock and by the processor of all cores."""

from __future__ import annotations

import argparse
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from containment.record.chain import Head
from containment.record.decision import GENESIS, Decision, DecisionKind
from containment.record.digests import digest_json
from containment.record.entry import EntryKind, build_line, parse_line
from containment.record.envelope import Envelope
from containment.record.log import FOLDER, HEAD, LOG, verify_log
from containment.record.signer_library import CryptoSigner


def write_log(folder: Path, count: int) -> None:
    """Write a log with a number of signed decisions, and the file of its one approver."""
    key = Ed25519PrivateKey.generate()
    pem = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()
    text = "".join(f"        {line}\n" for line in pem.splitlines())
    person = f"people:\n  - name: Approver One\n    roles: [security]\n    key: |\n{text}"
    (folder / "approvers.yaml").write_text(f"{person}classes: {{coding: {{roles: [security]}}}}\n")
    now, previous, lines = datetime.now(UTC).replace(microsecond=0), GENESIS, []
    for number in range(1, count + 1):
        subject: dict[str, str | bool | int | None] = {"name": f"host-{number}.example.com", "stack": "coding"}
        decision = Decision(
            kind=DecisionKind.DISMISSAL,
            stack="coding",
            agent_class="coding",
            subject=subject,
            subject_digest=digest_json(subject),
            requester="Requester",
            reason="never needed",
            nonce=f"nonce-{number:020}",
            not_before=now,
            expires=now + timedelta(days=30),
            previous=previous,
        )
        envelope = Envelope(decision.encode()).sign(CryptoSigner(key))
        line = build_line(EntryKind.DECISION, number, previous, now, envelope.to_dict())
        previous = parse_line(line.removesuffix(b"\n")).digest
        lines.append(line)
    (folder / FOLDER).mkdir()
    (folder / FOLDER / LOG).write_bytes(b"".join(lines))
    (folder / FOLDER / HEAD).write_bytes(Head(count, previous).encode())


def main() -> None:
    """Print the time to verify, in seconds of the clock and of the processor."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=10_000)
    count = parser.parse_args().entries
    with tempfile.TemporaryDirectory() as folder:
        write_log(Path(folder), count)
        started, computed = time.perf_counter(), time.process_time()
        problems = verify_log(Path(folder))
        seconds, processor = time.perf_counter() - started, time.process_time() - computed
    print(f"{count} entries verified in {seconds:.2f} s, {processor:.2f} s of processor time, {len(problems)} problems")


if __name__ == "__main__":
    main()
