#!/usr/bin/env bash
# Harmonizes a cohort on a Slurm cluster: fit (array) -> merge -> harmonize (array) -> gather. See README.md here.
set -euo pipefail

help()
{
  cat <<'END'
submit.sh IN OUT --shards N [options] [-- options of sbatch]

Submits four jobs that wait for one another: fit (N tasks) -> merge -> harmonize (N tasks) -> gather. IN is what
'isolux harmonize' takes: a folder, BIDS dataset or .tsv list; IN and OUT lie where every node sees them.

  --shards N         tasks in each array, at most what the cluster allows in one (MaxArraySize - 1)
  --pipeline FILE    stages before a volume is measured, and before it is brought to what was measured (default: none);
                     without a fit: the pipeline of harmonize
  --harmonize-pipeline FILE  in place of these and of quantile-norm: its stages without a reference get this one
  --mask-dir DIR     folder with a mask for every volume
  --site COLUMN      column that tells the sites apart: one reference for each and one for all
  --to SITE          the site that all volumes are brought to (default: all together)
  --min-cases N      fewest volumes that a site needs to be in the reference
  --reference FILE   a reference that exists: no fit, no merge
  --no-reference     harmonize and gather alone
  --missing          go on with an earlier submission of the same IN, OUT and N: only the shards that are not finished
  --at-once M        at most M tasks of an array at a time
  --partition P, --account A   as sbatch's; any other option of sbatch goes after --, for all four jobs
  --isolux FILE      the program, at the same place on every node (default: $ISOLUX, isolux in PATH, or this build's)
  --wait             return when gather has ended, with its exit code
  --dry-run          print the commands, submit nothing
  --help             this text

Exit code: 0 submitted, 1 failed, 2 wrong usage; with --wait that of gather: 1 a shard is missing, 3 volumes failed.
Example: submit.sh /data/bids /data/out --shards 100 --partition normal -- --time=2:00:00
END
}

stop()
{
  echo "submit.sh: $*" >&2
  exit 2
}

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
input='' output='' shards='' pipeline='' harmonize_pipeline='' masks='' site='' to='' minimum='' reference='' at_once=''
with_reference=yes only_missing=no wait=no dry_run=no
cluster=()
program=${ISOLUX:-}

is_natural()
{
  [[ $1 =~ ^[1-9][0-9]{0,8}$ ]]
}

while [ $# -gt 0 ]; do
  case $1 in
    --shards | --pipeline | --harmonize-pipeline | --mask-dir | --site | --to | --min-cases | --reference | --at-once | \
      --partition | --account | --isolux)
      [ $# -ge 2 ] || stop "option $1: its value is missing; see submit.sh --help"
      ;;&
    --shards) shards=$2 && shift 2 ;;
    --pipeline) pipeline=$2 && shift 2 ;;
    --harmonize-pipeline) harmonize_pipeline=$2 && shift 2 ;;
    --mask-dir) masks=$2 && shift 2 ;;
    --site) site=$2 && shift 2 ;;
    --to) to=$2 && shift 2 ;;
    --min-cases) minimum=$2 && shift 2 ;;
    --reference) reference=$2 && shift 2 ;;
    --at-once) at_once=$2 && shift 2 ;;
    --partition | --account) cluster+=("$1=$2") && shift 2 ;;
    --isolux) program=$2 && shift 2 ;;
    --no-reference) with_reference=no && shift ;;
    --missing) only_missing=yes && shift ;;
    --wait) wait=yes && shift ;;
    --dry-run) dry_run=yes && shift ;;
    --help | -h) help && exit 0 ;;
    --) shift && cluster+=("$@") && break ;;
    -*) stop "unknown option '$1'; options of sbatch go after --; see submit.sh --help" ;;
    *)
      if [ -z "$input" ]; then input=$1; elif [ -z "$output" ]; then output=$1; else
        stop "'$1': a third folder, but only IN and OUT are taken; see submit.sh --help"
      fi
      shift
      ;;
  esac
done

[ -n "$output" ] || stop "IN and OUT are needed: submit.sh IN OUT --shards N; see submit.sh --help"
[ -n "$shards" ] || stop "--shards is missing: how many tasks the cohort is divided into, such as --shards 100"
is_natural "$shards" || stop "--shards $shards: is no number from 1; give such as --shards 100"
[ -z "$at_once" ] || is_natural "$at_once" || stop "--at-once $at_once: is no number from 1; give such as --at-once 50"
[ -e "$input" ] || stop "$input: no such file or folder; give a folder, a BIDS dataset or a .tsv list"
for file in "$pipeline" "$harmonize_pipeline" "$reference"; do
  [ -z "$file" ] || [ -f "$file" ] || stop "$file: no such file"
done
[ -z "$masks" ] || [ -d "$masks" ] || stop "--mask-dir $masks: no such folder"
if [ $with_reference = no ] && [ -n "$reference$to$minimum$harmonize_pipeline" ]; then
  stop "--no-reference: goes with none of --reference, --harmonize-pipeline, --to, --min-cases; leave it or them out"
fi
if [ -n "$reference" ] && [ -n "$minimum$harmonize_pipeline" ]; then
  stop "--reference $reference: nothing is fitted then; leave it out, or --harmonize-pipeline and --min-cases"
fi

if [ -z "$program" ]; then
  program=$(command -v isolux || true)
  [ -n "$program" ] || program=$here/../../build/release/bin/isolux
fi
[ -x "$program" ] || stop "isolux is not in PATH; name the program: --isolux FILE"
command -v sbatch >/dev/null || [ $dry_run = yes ] ||
  stop "sbatch: not found; submit from a machine of the cluster, or print the commands with --dry-run"

# the nodes start elsewhere
absolute()
{
  [ -z "$1" ] || realpath -m -- "$1"
}
input=$(absolute "$input") output=$(absolute "$output") masks=$(absolute "$masks") pipeline=$(absolute "$pipeline")
harmonize_pipeline=$(absolute "$harmonize_pipeline") reference=$(absolute "$reference")
ISOLUX=$(absolute "$program")
export ISOLUX

if command -v scontrol >/dev/null; then
  most=$(scontrol show config 2>/dev/null | awk '$1 == "MaxArraySize" { print $3 - 1 }') || most= # no controller answers
  if [ -n "$most" ] && [ "$shards" -gt "$most" ]; then
    stop "--shards $shards: this cluster allows $most tasks in an array; give --shards $most, or have MaxArraySize raised"
  fi
fi

work=$output/.isolux
if [ -e "$work/slurm-jobs" ] && [ $dry_run = no ]; then
  running=$(squeue --noheader --format=%A --jobs="$(cat "$work/slurm-jobs")" 2>/dev/null | sort -un | paste -sd, || true)
  if [ -n "$running" ]; then
    stop "$output: an earlier submission is not finished; wait for it, or end it: scancel $running"
  fi
fi

# unfinished STEP: the shards for which it is to be run again, as sbatch's --array takes them
unfinished()
{
  local shard list=()
  for ((shard = 1; shard <= shards; ++shard)); do
    if [ "$1" = fit ]; then
      [ ! -e "$work/fit/$shard-of-$shards.json" ] || continue
    else
      ! "$here/is-finished.sh" "$output" "$shard-of-$shards" || continue
    fi
    list+=("$shard")
  done
  (IFS=, && echo "${list[*]}")
}

fit_tasks=1-$shards harmonize_tasks=1-$shards merge=yes
if [ $with_reference = no ] || [ -n "$reference" ] || { [ $only_missing = yes ] && [ -e "$work/reference.json" ]; }; then
  fit_tasks='' merge=no
fi
if [ $only_missing = yes ]; then
  [ $merge = no ] || fit_tasks=$(unfinished fit)
  [ $merge = yes ] || harmonize_tasks=$(unfinished harmonize)
fi
fits=no
[ $with_reference = no ] || [ -n "$reference" ] || fits=yes
[ $with_reference = no ] || reference=${reference:-$work/reference.json}
if [ $fits = no ]; then
  harmonize_pipeline=$pipeline
fi

if [ $dry_run = no ]; then
  mkdir -p "$work/fit" "$work/logs"
  # what an earlier run left would hide a shard that does not end in this one
  [ $only_missing = yes ] || rm -f "$work"/fit/*-of-*.json "$work"/parts/*-of-*.tsv
  [ $only_missing = yes ] || [ $fits = no ] || rm -f "$work/reference.json"
  [ $merge = no ] || rm -f "$work"/parts/*-of-*.tsv
  rm -f "$work/slurm-jobs"
fi

jobs=()
# submit STEP ARRAY DEPENDENCY ARGUMENT...: the job's id is then in $id
submit()
{
  local step=$1 array=$2 dependency=$3 log
  shift 3
  log=${work//%/%%}/logs/$step-%j.txt
  local command=(sbatch --parsable --export=ALL --job-name="isolux-$step" --kill-on-invalid-dep=yes)
  if [ -n "$array" ]; then
    log=${work//%/%%}/logs/$step-%A_%a.txt
    command+=(--array="$array${at_once:+%$at_once}")
  fi
  command+=(--output="$log" ${dependency:+--dependency="$dependency"} "${cluster[@]}" "$here/$step.sbatch" "$@")
  if [ $dry_run = yes ]; then
    printf '%q ' "${command[@]}"
    echo
    id="ID_OF_${step^^}"
    return
  fi
  id=$("${command[@]}") || { echo "submit.sh: sbatch took no $step job${jobs[*]:+; end the others: scancel ${jobs[*]}}" >&2; exit 1; }
  id=${id%%;*} # ID;CLUSTER on a federation
  jobs+=("$id")
  echo "$step$([ -z "$array" ] || echo " $array"): job $id"
  (IFS=, && echo "${jobs[*]}") >"$work/slurm-jobs"
}

after=''
if [ -n "$fit_tasks" ]; then
  submit fit "$fit_tasks" '' "$shards" "$input" "$output" ${site:+--site "$site"} ${masks:+--mask-dir "$masks"} \
    ${pipeline:+--pipeline "$pipeline"} ${minimum:+--min-cases "$minimum"}
  after=afterok:$id
fi
if [ $merge = yes ]; then
  submit merge '' "$after" "$shards" "$output" ${minimum:+--min-cases "$minimum"}
  after=afterok:$id
fi
if [ -n "$harmonize_tasks" ]; then
  submit harmonize "$harmonize_tasks" "$after" "$shards" "$input" "$output" ${reference:+--reference "$reference"} \
    ${to:+--to "$to"} ${site:+--site "$site"} ${masks:+--mask-dir "$masks"} \
    ${harmonize_pipeline:+--pipeline "$harmonize_pipeline"}
  after=afterany:$id # a volume that failed, or a shard that is gone, is gather's to name
fi
submit gather '' "$after" "$output"
[ $dry_run = no ] || exit 0

cat <<END
Watch:  squeue --jobs=$(cat "$work/slurm-jobs")
Logs:   $work/logs/
Cancel: scancel ${jobs[*]}
Result: $output/manifest.tsv and report.html, when job $id has ended${reference:+; the reference: $reference}
END
[ $wait = yes ] || exit 0

unanswered=0
while [ $unanswered -lt 60 ]; do
  sleep 2
  record=$(scontrol --oneliner show job "$id" 2>/dev/null) && unanswered=0 || unanswered=$((unanswered + 1))
  [[ $record =~ JobState=(COMPLETED|FAILED|CANCELLED|TIMEOUT|OUT_OF_MEMORY|DEADLINE|BOOT_FAIL)\  ]] || continue
  state=${BASH_REMATCH[1]}
  [ "$state" = COMPLETED ] && exit 0
  echo "submit.sh: gather (job $id) ended as $state; see $work/logs/gather-$id.txt" >&2
  [[ $record =~ \ ExitCode=([1-9][0-9]*): ]] && exit "${BASH_REMATCH[1]}"
  exit 1
done
echo "submit.sh: Slurm has not told of job $id for two minutes; see squeue, and $output/manifest.tsv" >&2
exit 1
