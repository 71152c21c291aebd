#!/usr/bin/env bash
# overhead.sh ISOLUX [TASKS]: what Slurm and isolux take beside the work: seconds a task of a job array, and of isolux's
# start. On two nodes of one processor each on this machine, the scheduler as it comes.
set -euo pipefail

program=$(realpath "$1")
tasks=${2:-200}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=/dev/null
. "$here/two-node-slurm.sh"

install_packages slurmctld slurmd slurm-client munge
folder=$(mktemp -d -t isolux-overhead-XXXXXX)
finish()
{
  stop_slurm
  rm -rf "$folder"
}
trap finish EXIT

now()
{
  date +%s.%N
}

# per NUMBER START: seconds since START, and for each
per()
{
  awk -v n="$1" -v start="$2" -v end="$(now)" 'BEGIN { printf "%.2f s, %.4f s each\n", end - start, (end - start) / n }'
}

has_ended()
{
  [ -z "$(squeue -h 2>/dev/null)" ]
}

slurm_scheduler='' start_slurm "$folder/slurm"
printf '#!/bin/sh\ntrue\n' >"$folder/empty.sh"
start=$(now)
sbatch --parsable --array=1-"$tasks" --output=/dev/null "$folder/empty.sh" >/dev/null
echo "submission of an array of $tasks tasks: $(per 1 "$start")"
wait_until 600 "the array" has_ended
echo "$tasks empty tasks on two nodes: $(per "$tasks" "$start")"

start=$(now)
for ((i = 0; i < 20; ++i)); do
  "$program" version >/dev/null
done
echo "isolux version, 20 times: $(per 20 "$start")"
