#!/usr/bin/env bash
# slurm-test.sh ISOLUX: apps/slurm on a real Slurm of two nodes, which it installs and starts. What must hold: every case
# is done once, with the bits of one machine, also where a node dies in mid-run; what is missing or failed is named.
set -euo pipefail

program=$(realpath "$1")
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
submit=$here/../../../apps/slurm/submit.sh
# shellcheck source=/dev/null
. "$here/two-node-slurm.sh"
# shellcheck source=/dev/null
. "$here/cohort.sh"

install_packages slurmctld slurmd slurm-client munge
folder=$(mktemp -d -t isolux-slurm-XXXXXX)
finish()
{
  local code=$?
  stop_slurm
  if [ $code -eq 0 ]; then
    rm -rf "$folder"
  else
    echo "kept: $folder" >&2
  fi
}
trap finish EXIT

export ISOLUX=$program
lab="$folder/a lab's 100% data" # names as people give them
make_cohort "$program" "$lab" 24
size=(-- --cpus-per-task=1 --mem=500)
start_slurm "$folder/slurm"

# job_of STEP OUT: the id of the step's job, as its last submission told
job_of()
{
  sed -n "s/^$1.*: job \([0-9]*\)$/\1/p" "$2.submitted"
}

# submit_to OUT ARGUMENTS...: what submit.sh says goes to OUT.submitted; its exit code to $code
submit_to()
{
  local out=$1
  shift
  code=0
  "$submit" "$@" >"$out.submitted" 2>&1 || code=$?
  cat "$out.submitted"
}

# log_of STEP TASK OUT
log_of()
{
  echo "$3/.isolux/logs/$1-$(job_of "$1" "$3")${2:+_$2}.txt"
}

has_run()
{
  [ -z "$(squeue -h --jobs="$1" 2>/dev/null)" ]
}

# finish_cleanly STEP ID SECONDS: how the job ended, as Slurm recorded it: FAILED 3:0
end_of()
{
  scontrol --oneliner show job "$1" | sed -E 's/.* JobState=([A-Z_]+) .* ExitCode=([0-9:]+) .*/\1 \2/'
}

nodes_of()
{
  grep "Name=$1 " "$folder/slurm/completed.txt" | grep -o 'NodeList=n[12]' | sort -u | wc -l
}

echo "== One machine"
one="$folder/one machine"
"$program" fit "$lab/list.tsv" --site site --min-cases 1 -o "$folder/reference.json" >/dev/null
"$program" harmonize "$lab/list.tsv" "$one" --reference "$folder/reference.json" --to magdeburg --jobs 2 >/dev/null

echo "== Two nodes, six shards: $SECONDS s"
two="$folder/two nodes"
cd "$folder"
submit_to "$two" "a lab's 100% data/list.tsv" "two nodes" --shards 6 --site site --min-cases 1 --to magdeburg --wait "${size[@]}"
check "submit.sh --wait returns gather's 0" test $code -eq 0
is_same_as_one_machine "$one" "$two"
check "the merged reference has the bits of one machine's" cmp "$folder/reference.json" "$two/.isolux/reference.json"
check "both nodes harmonized" test "$(nodes_of isolux-harmonize)" -eq 2

echo "== A node dies in mid-run: $SECONDS s"
three="$folder/a node less"
submit_to "$three" "$lab/list.tsv" "$three" --shards 2 --site site --min-cases 1 --to magdeburg "${size[@]}"
harmonize=$(job_of harmonize "$three")

is_unfinished()
{
  ! "$here/../../../apps/slurm/is-finished.sh" "$three" "$1"
}

is_on_n2()
{
  victim=$(squeue -h --states=R --jobs="$harmonize" --nodelist=n2 --format=%K 2>/dev/null) && [ -n "$victim" ]
}
wait_until 60 "a shard on n2" is_on_n2
wait_until 60 "the first of its volumes" grep -qs '^\[1/12\] done' "$(log_of harmonize "$victim" "$three")"
crash_node n2
check "shard $victim was not finished when its node died" is_unfinished "$victim-of-2"
scontrol update nodename=n2 state=down reason="killed by the test"
wait_until 10 "shard $victim to be requeued" test "$(squeue -h --states=PD --array --jobs="${harmonize}_$victim" --format=%K)" = "$victim"
# Slurm lets a requeued job rest for two minutes, lest what it sends to end the dead task meets the new one
scontrol update jobid="${harmonize}_$victim" starttime=now
gather=$(job_of gather "$three")
wait_until 90 "gather after the crash" has_run "$gather"
check "gather finds every shard" test "$(end_of "$gather")" = "COMPLETED 0:0"
is_same_as_one_machine "$one" "$three"
check "the requeued task went on, on the other node" \
  grep -q "shard $victim/2: started again (restart 1), on n1" "$(log_of harmonize "$victim" "$three")"
check "and did not repeat what was finished" grep -q '\] skipped' "$(log_of harmonize "$victim" "$three")"

start_node n2
wait_until 20 "the dead node to be back" are_idle 2

echo "== A volume that cannot be read, a shard that is cancelled: $SECONDS s"
few="$folder/few"
make_cohort "$program" "$few" 6
head -c 20000 "$few/magdeburg/head 2.nii.gz" >"$few/cut" && mv "$few/cut" "$few/magdeburg/head 2.nii.gz"
four="$folder/four"
submit_to "$four" "$few" "$four" --shards 3 --no-reference "${size[@]}"
scancel "$(job_of harmonize "$four")_3"
gather=$(job_of gather "$four")
wait_until 60 "gather after a cancelled shard" has_run "$gather"
check "a missing shard fails gather" test "$(end_of "$gather")" = "FAILED 1:0"
check "and is named" grep -q '3.* of 3\|3-of-3\|3/3' "$(log_of gather '' "$four")"
submit_to "$four" "$few" "$four" --shards 3 --no-reference --missing --wait "${size[@]}"
check "--missing submits that shard alone" grep -q '^harmonize 3: job' "$four.submitted"
check "a failed volume does not stop the rest, and gather ends with 3" test $code -eq 3
check "the manifest has all six rows" test "$(wc -l <"$four/manifest.tsv")" -eq 7
check "one of them failed, with the reason" grep -q 'head 2.nii.gz.*failed.*head 2' "$four/manifest.tsv"

echo "== Nothing to merge: $SECONDS s"
five="$folder/five"
submit_to "$five" "$few" "$five" --shards 2 --min-cases 1000 --wait "${size[@]}"
check "the chain ends, with gather's 1" test $code -eq 1
check "nothing waits for ever" has_run "$(cat "$five/.isolux/slurm-jobs")"

echo "== Wrong usage"
submit_to "$five" "$few" "$five" --shards 0
check "0 shards are refused with the way out" grep -q -- '--shards 0: .*such as --shards' "$five.submitted"
submit_to "$five" "$few" "$five" --shards 5000
check "more than MaxArraySize is refused with the way out" grep -q -- 'give --shards 1000' "$five.submitted"
submit_to "$five" "$few" "$five" --shards 2 --qos=low
check "an unknown option is refused" grep -q -- "unknown option '--qos=low'" "$five.submitted"
echo "$SECONDS s"
have_all_held
