#!/bin/bash
# The code review task: list the last change, run the repository's tests, look for known mistakes, and write a report.
set -euo pipefail
cd /srv/tasks/code-review/repository
report=$HOME/review.md
export PYTHONDONTWRITEBYTECODE=1
{
    printf '# Review of %s\n\n## Change\n\n' "$(git --no-pager log -1 --format='%h %s')"
    git --no-pager diff --stat HEAD~1 HEAD
    printf '\n## Tests\n\n'
    if python3 -m unittest -q test_prices 2>/dev/null; then echo 'passed'; else echo 'FAILED'; fi
    printf '\n## Findings\n\n'
    git --no-pager grep -n 'shell=True' HEAD -- '*.py' || echo 'none'
} >"$report"
