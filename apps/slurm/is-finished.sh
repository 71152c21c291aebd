#!/usr/bin/env bash
# is-finished.sh OUT I-of-N: whether that shard of harmonize has a row for each of its volumes, done or failed.
set -euo pipefail

file=${1:?is-finished.sh: OUT and I-of-N are missing}/.isolux/parts/${2:?is-finished.sh: I-of-N is missing, such as 3-of-8}.tsv
# first line: # cases NUMBER ...; then the columns' names, then rows, which repeat where a run went on with an earlier one
[ -s "$file" ] &&
  awk -F '\t' 'NR == 1 { split($0, words, " "); cases = words[3] } NR > 2 && !seen[$1]++ { ++rows }
    END { exit !(cases != "" && rows + 0 >= cases + 0) }' "$file"
