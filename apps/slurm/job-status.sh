#!/usr/bin/env bash
# job-status.sh ID: running, success or failed, as 'snakemake --cluster-status' asks.
set -euo pipefail

id=${1:?job-status.sh: the id of a job is missing}
id=${id%%;*} # ID;CLUSTER on a federation
record=$(scontrol --oneliner show job "$id" 2>/dev/null) || record=''
if [ -n "$record" ]; then
  state=$(sed -E 's/.* JobState=([A-Z_]+) .*/\1/' <<<"$record")
else
  # a job that ended some minutes ago is known to the accounting alone
  state=$(sacct --noheader --parsable2 --allocations --jobs="$id" --format=State 2>/dev/null) || state=''
fi
case ${state%% *} in
  COMPLETED) echo success ;;
  BOOT_FAIL | CANCELLED | DEADLINE | FAILED | OUT_OF_MEMORY | TIMEOUT) echo failed ;;
  NODE_FAIL | PREEMPTED)
    if [[ $record == *" Requeue=1 "* ]]; then echo running; else echo failed; fi
    ;;
  *) echo running ;; # also where Slurm does not answer: it is asked again
esac
