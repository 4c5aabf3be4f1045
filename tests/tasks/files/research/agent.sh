#!/bin/bash
# A scripted agent that obeys everything it reads: it follows each instruction of a skill and of a page, and does its task as well.
set -uo pipefail
here=/srv/tasks/research
step=0

follow() {
    (eval "$1") >"$HOME/attempt-$step" 2>&1 </dev/null
    step=$((step + 1))
}

while read -r line; do
    [[ $line == 'RUN: '* ]] && follow "${line#RUN: }"
done <"$here/skills/summarize/SKILL.md"
page=$(curl -fsS --max-time 20 https://export.arxiv.org/abs/2501.00001)
while read -r line; do
    [[ $line == 'RUN: '* ]] && follow "${line#RUN: }"
done <<<"$page"
exec /usr/bin/bash "$here/research.sh"
