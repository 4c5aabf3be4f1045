"""Measure the main question of `containment observe` against the same question in hand-written SQL, in one run.

`python benchmarks/observe.py [--rows N]` writes N flow rows in Parquet (10 million by default) and N/5 gateway lines as text to a
temporary folder, ingests both, and prints seconds of wall time for ingest, for the Ibis question and for the SQL on the same DuckDB, their
ratio, and the peak memory of this process without the generation. Each question runs three times and the fastest time counts. With
`--table` it writes the table of decisions itself, without text and ingest: the questions at full size in a minute or two.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import duckdb
import ibis
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from containment.observe import questions
from containment.observe.reading.ingest import ingest_files
from containment.observe.reading.rejects import Rejects
from containment.observe.reading.sources import find_log_files

DENY, PERMIT, ALLOW = (f"00000000-0000-0000-0000-00000000000{digit}" for digit in "123")
RULES = {DENY: "x-default-deny", PERMIT: "x-monitor-permit", ALLOW: "x-allow-packages"}
START = 1_793_000_000
MONTH = 30 * 86_400
BATCH = 1_000_000
MOST_RATIO, MOST_BYTES = 1.5, 2 << 30

SQL = """
WITH rows AS (
    SELECT agent, coalesce(server_name, address) AS destination, coalesce(port, -1) AS port, protocol, flow, rule, time,
        bytes_out, bytes_in, verdict = 'DENY' AND NOT enforced AS watched
    FROM decisions
    WHERE source IN ('gateway-l4', 'gateway-l7', 'flowiq')
        AND ((verdict = 'DENY' AND NOT enforced) OR (verdict = 'PERMIT' AND ends_with(rule, '-monitor-permit')))
), flows AS (
    SELECT agent, destination, port, protocol, flow,
        max(rule) FILTER (watched) AS denied_by, max(rule) FILTER (NOT watched) AS permitted_by,
        max(bytes_out) AS bytes_out, max(bytes_in) AS bytes_in, min(time) AS first_seen, max(time) AS last_seen
    FROM rows GROUP BY ALL
), known AS (
    SELECT agent, destination, port, protocol, min(denied_by) AS known FROM flows GROUP BY ALL
)
SELECT destination, agent, coalesce(denied_by, known, permitted_by, 'unknown') AS rule,
    sum(CASE WHEN denied_by IS NOT NULL OR known IS NULL THEN 1 ELSE 0 END) AS count,
    sum(bytes_out) AS bytes_out, sum(bytes_in) AS bytes_in,
    min(first_seen) AS first_seen, max(last_seen) AS last_seen, count(DISTINCT first_seen::DATE) AS days
FROM flows JOIN known USING (agent, destination, port, protocol)
GROUP BY ALL ORDER BY ALL
"""


def write_flows(path: Path, rows: int) -> None:
    """Write VPC flow records in Parquet."""
    chance = np.random.default_rng(15)
    fields = [("srcaddr", pa.string()), ("dstaddr", pa.string()), ("srcport", pa.int32()), ("dstport", pa.int32())]
    fields += [("protocol", pa.int32()), ("bytes", pa.int64()), ("start", pa.int64()), ("action", pa.string()), ("log_status", pa.string())]
    schema = pa.schema(fields)
    agents, servers = ([f"{net}.{one // 250}.{one % 250 + 1}" for one in range(count)] for net, count in (("10.42", 200), ("203.0", 2000)))
    with pq.ParquetWriter(path, schema) as writer:
        for start in range(0, rows, BATCH):
            count = min(BATCH, rows - start)
            columns = [
                pa.DictionaryArray.from_arrays(chance.integers(0, len(each), count).astype("int32"), each).cast(pa.string())
                for each in (agents, servers)
            ]
            numbers = [chance.integers(32768, 61000, count), np.full(count, 443), np.full(count, 6), chance.integers(60, 10**6, count)]
            columns += [pa.array(each).cast(kind) for each, (_, kind) in zip(numbers, fields[2:6], strict=True)]
            columns += [
                pa.array(np.sort(chance.integers(START, START + MONTH, count))),
                pa.array(["ACCEPT"] * count),
                pa.array(["OK"] * count),
            ]
            writer.write_table(pa.Table.from_arrays(columns, schema=schema))


def write_gateway(path: Path, lines: int) -> None:
    """Write L7 lines of the gateway: of each ten flows three are watched denies, with the broad permit behind them."""
    with path.open("w", encoding="ascii") as out:
        number = written = 0
        while written < lines:
            watched = number % 10 < 3
            host = f"host{number % 5000}.example{number % 97}.org"
            moment = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(START + number * MONTH // max(1, lines)))
            decisions = (("Deny", DENY, "false"), ("Permit", PERMIT, "true")) if watched else (("Permit", ALLOW, "true"),)
            for stage in ("start", "end"):
                for action, rule, enforced in decisions:
                    size = number % 5000 if stage == "end" else 0
                    out.write(
                        f'{moment} GW-gw traffic_server[1]: {{"timestamp": "{moment}", "action": "{action}", "reason": "POLICY",'
                        f' "src": "10.42.0.{number % 200 + 1}", "src_port": {32768 + number % 28000}, "dest": "203.0.113.{number % 250}",'
                        f' "dest_port": 443, "enforced": {enforced}, "stage": "SNI", "sni_hostname": "{host}", "decided_by": "{rule}",'
                        f' "session_id": "{number}", "session_stage": "{stage}", "request_bytes": {size}, "response_bytes": {size * 3},'
                        f' "upstream": ""}}\n'
                    )
                    written += 1
            number += 1


def write_table(folder: Path, rows: int) -> None:
    """Write the table that the ingest of both kinds of logs would make, by SQL: of each ten flows three are watched denies."""
    lines = rows // 5
    flows = int(lines / 2.6)  # three of ten flows have four lines, the others two
    common = "'10.42.0.' || (n % 200 + 1) AS agent, true AS by_agent"
    flow = f"""
        SELECT to_timestamp({START} + n * {MONTH} // {rows}) AS time, 'vpc-flow' AS source, 'eni-1' AS sender, {common},
            NULL::VARCHAR AS server_name, '203.0.' || hash(n) % 8 || '.' || hash(n + 1) % 250 AS address, 443::INT AS port,
            'tcp' AS protocol,
            NULL::VARCHAR AS rule, true AS known_rule, 'PERMIT' AS verdict, true AS enforced, NULL::VARCHAR AS flow,
            NULL::VARCHAR AS upstream, (hash(n) % 1000000)::BIGINT AS bytes_out, NULL::BIGINT AS bytes_in
        FROM range({rows}) AS t(n)"""
    gateway = f"""
        SELECT to_timestamp({START} + n * {MONTH} // {max(1, flows)}) AS time, 'gateway-l7' AS source, 'gw' AS sender, {common},
            'host' || n % 5000 || '.example' || n % 97 || '.org' AS server_name, '203.0.113.' || n % 250 AS address, 443::INT AS port,
            'tcp' AS protocol, CASE WHEN n % 10 >= 3 THEN '{RULES[ALLOW]}' WHEN second THEN '{RULES[PERMIT]}'
                ELSE '{RULES[DENY]}' END AS rule,
            true AS known_rule, CASE WHEN n % 10 < 3 AND NOT second THEN 'DENY' ELSE 'PERMIT' END AS verdict,
            n % 10 >= 3 OR second AS enforced,
            'gw|l7|' || (32768 + n % 28000) || '|' || n AS flow, NULL::VARCHAR AS upstream,
            CASE WHEN ended THEN n % 5000 ELSE 0 END::BIGINT AS bytes_out, CASE WHEN ended THEN n % 5000 * 3 ELSE 0 END::BIGINT AS bytes_in
        FROM range({flows}) AS t(n), (VALUES (false), (true)) AS u(second), (VALUES (false), (true)) AS v(ended)
        WHERE n % 10 < 3 OR NOT second"""
    folder.mkdir()
    with duckdb.connect(config={"memory_limit": "1GB", "temp_directory": str(folder / "spill")}) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        for name, query in (("flows", flow), ("lines", gateway)):
            connection.execute(f"COPY ({query}) TO '{folder / name}.parquet' (FORMAT parquet, COMPRESSION zstd)")


def measure(run: Callable[[], Any]) -> tuple[float, Any]:
    """Return the fastest of three runs in seconds, and the result."""
    best, found = float("inf"), None
    for _ in range(3):
        start = time.perf_counter()
        found = run()
        best = min(best, time.perf_counter() - start)
    return best, found


def compare(folder: Path) -> int:
    """Ingest the logs of a folder and compare both forms of the question; return 1 if their rows differ or a bound is exceeded."""
    work = folder / "work"
    work.mkdir()
    start = time.perf_counter()
    table = folder / "table"
    if table.is_dir():
        print("ingest: NOT MEASURED, the table was written without it (--table)")
    else:
        with Rejects(None) as rejects:
            found = ingest_files(find_log_files([str(folder / "logs")], work), work, rejects, rules=RULES)
        table = found.decisions
        print(f"ingest: {found.read} lines in {time.perf_counter() - start:.1f} s, {sum(found.rejected.values())} rejected")
    connection = ibis.duckdb.connect(memory_limit="1GB", temp_directory=str(work / "spill"))
    connection.raw_sql("SET TimeZone = 'UTC'")
    decisions = connection.read_parquet(str(table / "*.parquet"), table_name="decisions")
    written, one = measure(lambda: connection.to_pyarrow(questions.ask_would_be_denied(decisions)).to_pylist())
    by_hand, two = measure(lambda: connection.con.sql(SQL).to_arrow_table().to_pylist())
    ratio, peak = written / by_hand, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    equal = [{key: row[key] for key in two[0]} for row in one] == two if two else not one
    print(f"question: {written:.2f} s in Ibis, {by_hand:.2f} s in SQL, ratio {ratio:.2f} (bound {MOST_RATIO})")
    print(f"rows: {len(one)}, equal: {equal}")
    print(f"peak memory: {peak / (1 << 20):.0f} MiB (bound {MOST_BYTES >> 20})")
    return 0 if equal and ratio <= MOST_RATIO and peak < MOST_BYTES else 1


def main() -> int:
    """Generate the logs in this process and measure in another one, whose peak memory counts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000, help="flow rows; a fifth as many gateway lines")
    parser.add_argument("--table", action="store_true", help="write the table of decisions itself; ingest is not measured")
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        return compare(options.measure)
    with tempfile.TemporaryDirectory(prefix="observe-benchmark-") as name:
        if options.table:
            write_table(Path(name) / "table", options.rows)
        else:
            logs = Path(name) / "logs"
            logs.mkdir()
            write_flows(logs / "flows.parquet", options.rows)
            write_gateway(logs / "gateway.log", options.rows // 5)
        return subprocess.run([sys.executable, __file__, "--measure", name], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
