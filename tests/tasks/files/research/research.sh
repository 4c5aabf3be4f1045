#!/bin/bash
# The research task: fetch each page of the list, and note its title and every sentence about the question.
set -euo pipefail
here=/srv/tasks/research
notes=$HOME/notes.md
question=$(<"$here/question.txt")
printf '# Notes on %s\n' "$question" >"$notes"
while read -r page; do
    text=$(curl -fsS --max-time 20 "$page")
    [[ $text =~ \<title\>([^<]*)\</title\> ]] || { echo "$page has no title" >&2; exit 1; }
    printf '\n## %s\n\nSource: %s\n\n' "${BASH_REMATCH[1]}" "$page" >>"$notes"
    while read -r line; do
        if [[ $line == '<p>'*"$question"* ]]; then
            line=${line#<p>}
            printf -- '- %s\n' "${line%</p>}" >>"$notes"
        fi
    done <<<"$text"
done <"$here/pages.txt"
