#!/usr/bin/env bash
# snakemake-test.sh ISOLUX: apps/slurm/Snakefile on this machine and on a Slurm of two nodes, all of which it installs.
# What must hold: the bits of one machine; a run that is killed goes on when it is started again.
set -euo pipefail

program=$(realpath "$1")
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=/dev/null
. "$here/two-node-slurm.sh"
# shellcheck source=/dev/null
. "$here/cohort.sh"

install_packages snakemake slurmctld slurmd slurm-client munge
folder=$(mktemp -d -t isolux-snakemake-XXXXXX)
finish()
{
  local code=$?
  [ -z "${run:-}" ] || kill -KILL -- "-$run" 2>/dev/null || true
  stop_slurm
  if [ $code -eq 0 ]; then
    rm -rf "$folder"
  else
    echo "kept: $folder" >&2
  fi
}
trap finish EXIT

lab="$folder/a lab's data"
make_cohort "$program" "$lab" 12
cd "$folder"

# snake OUT SHARDS OPTIONS...
snake()
{
  local out=$1 shards=$2
  shift 2
  snakemake --snakefile "$here/../../../apps/slurm/Snakefile" --cores 2 \
    --config in="$lab/list.tsv" out="$out" shards="$shards" site=site to=magdeburg min_cases=1 isolux="$program" "$@" \
    >>"$out.log" 2>&1
}

echo "== One machine"
one="$folder/one machine"
"$program" fit "$lab/list.tsv" --site site --min-cases 1 -o "$folder/reference.json" >/dev/null
"$program" harmonize "$lab/list.tsv" "$one" --reference "$folder/reference.json" --to magdeburg --jobs 2 >/dev/null

echo "== snakemake --cores 2: $SECONDS s"
two="$folder/two jobs"
check "the graph runs to its end" snake "$two" 3
is_same_as_one_machine "$one" "$two"
check "the merged reference has the bits of one machine's" cmp "$folder/reference.json" "$two/.isolux/reference.json"
check "run again, nothing is to be done" snake "$two" 3
check "and it says so" grep -q 'Nothing to be done' "$two.log"

echo "== Killed in mid-run: $SECONDS s"
three="$folder/killed"
set -m # a process group of its own
snake "$three" 2 &
run=$!
set +m
wait_until 60 "a harmonized volume" grep -qs '^\[1/6\] done' "$three.log"
kill -KILL -- "-$run"
wait "$run" 2>/dev/null || true
run=''
check "it was killed before it ended" test ! -e "$three/manifest.tsv"
snake "$three" 2 --unlock
check "started again, it runs to its end" snake "$three" 2 --rerun-incomplete
is_same_as_one_machine "$one" "$three"
check "what was finished is not repeated" grep -q '\] skipped' "$three.log"

echo "== On Slurm: $SECONDS s"
start_slurm "$folder/slurm"
four="$folder/on Slurm"
export CI=true # Snakemake then asks each second, not each tenth, how its jobs are
check "the graph runs to its end" snake "$four" 3 --jobs 3 \
  --cluster "sbatch --parsable --requeue --cpus-per-task={threads} --mem=500 --output='$four/.isolux/logs/%j.txt'" \
  --cluster-status "$here/../../../apps/slurm/job-status.sh"
is_same_as_one_machine "$one" "$four"
check "shards ran on both nodes" \
  test "$(grep -o 'NodeList=n[12]' "$folder/slurm/completed.txt" | sort -u | wc -l)" -eq 2
echo "$SECONDS s"
have_all_held
