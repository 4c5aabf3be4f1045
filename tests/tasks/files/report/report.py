"""The report task: read a table of sales and write a document with sums per region."""

import csv
import os
from collections import Counter
from pathlib import Path

sums = Counter[str]()
with Path("/srv/tasks/report/sales.csv").open(newline="") as file:
    for row in csv.DictReader(file):
        sums[row["region"]] += int(row["amount"])
lines = ["# Sales", "", "| region | amount |", "| --- | ---: |"]
lines += [f"| {region} | {amount} |" for region, amount in sorted(sums.items())]
lines += [f"| all | {sums.total()} |", ""]
Path(os.environ["HOME"], "report.md").write_text("\n".join(lines))
