# shellcheck shell=bash
# What the tests of several machines share: a cohort, and what must hold of its results. To be sourced.
#   make_cohort ISOLUX FOLDER NUMBER   heads of data/, each in an intensity scale of its own, and list.tsv with their sites
#   check WHAT COMMAND...              says whether it holds; a test that is over calls have_all_held
#   is_same_as_one_machine ONE OTHER   the same files, bits and rows, every case once

failures=0

check()
{
  local what=$1
  shift
  if "$@" >/dev/null 2>&1; then
    echo "  holds: $what"
  else
    echo "  FAILED: $what ($*)" >&2
    failures=$((failures + 1))
  fi
}

have_all_held()
{
  if [ $failures -gt 0 ]; then
    echo "$failures statements do not hold" >&2
    return 1
  fi
}

make_cohort()
{
  local data heads=(ixi013 ixi072 philips uih770) sites=(hammersmith hammersmith magdeburg united) number name
  data=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../../data/heads" && pwd)
  mkdir -p "$2"
  printf 'path\tsite\n' >"$2/list.tsv"
  for ((number = 0; number < $3; ++number)); do
    name="${sites[number % 4]}/head $number.nii.gz"
    mkdir -p "$2/${name%/*}"
    "$1" instance-norm "$data/${heads[number % 4]}_T1w.nii.gz" "$2/$name" \
      --gamma $((100 + number)) --beta $((300 + number)) >/dev/null
    rm "$2/${name%.nii.gz}.json"
    printf '%s\t%s\n' "$name" "${sites[number % 4]}" >>"$2/list.tsv"
  done
}

# A sidecar without what the run took: seconds, memory, threads.
without_cost()
{
  sed -E '/^  "seconds": \{/,/^  \}/d; /^ *"(seconds|peak_memory_mib|threads)": /d' "$1"
}

# The volumes, sidecars and pages of cases below a folder.
results()
{
  (cd "$1" && find . -type f -not -path './.isolux/*' -not -name manifest.tsv -not -name report.html | LC_ALL=C sort)
}

# Columns of a manifest that do not tell how it was computed: all but status and seconds.
rows()
{
  awk -F '\t' -v OFS='\t' 'NR == 1 { for (i = 1; i <= NF; ++i) skip[i] = $i ~ /^(status|seconds)$/ }
    { for (i = 1; i <= NF; ++i) if (!skip[i]) printf "%s%s", $i, OFS; print "" }' "$1/manifest.tsv"
}

have_same_bits()
{
  local file
  while IFS= read -r file; do
    if [[ $file == ./report/*.html ]]; then
      continue # a page tells what the run took
    elif [ "${file##*.}" = json ]; then
      diff <(without_cost "$1/$file") <(without_cost "$2/$file") || return 1
    else
      cmp "$1/$file" "$2/$file" || return 1
    fi
  done < <(results "$1")
}

have_same_output()
{
  diff <("$1" "$2") <("$1" "$3")
}

# Every row says done, or skipped where a task was started again.
are_all_done()
{
  awk -F '\t' 'NR > 1 && $2 != "done" && $2 != "skipped" { bad = 1 } END { exit bad }' "$1/manifest.tsv"
}

is_same_as_one_machine()
{
  check "the same files, no case lost, nothing left over" have_same_output results "$1" "$2"
  check "every volume and sidecar has the same bits" have_same_bits "$1" "$2"
  check "the manifest has the same rows, each case once" have_same_output rows "$1" "$2"
  check "every case is done" are_all_done "$2"
  check "a report is written" test -s "$2/report.html"
}
