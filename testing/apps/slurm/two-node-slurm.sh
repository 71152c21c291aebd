# shellcheck shell=bash
# A real Slurm of two nodes on this machine, in a folder of its own: to be sourced. Works as root without systemd.
#   install_packages PACKAGE...    Debian's, where they are missing
#   start_slurm FOLDER             munge, slurmctld and slurmd of n1 and n2; sets SLURM_CONF
#   start_node NAME, crash_node NAME    a node alone; a crash takes the node's tasks with it
#   stop_slurm                     by process id, whatever is running

install_packages()
{
  local missing=() package as_root=()
  for package in "$@"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return 0
  [ "$(id -u)" -eq 0 ] || as_root=(sudo)
  echo "Installing: ${missing[*]}"
  "${as_root[@]}" apt-get update -qq
  # the packages would start services of their own where there is systemd; none is wanted here
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 \
    apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# wait_until SECONDS WHAT COMMAND...: tries COMMAND ten times a second; fails naming WHAT.
wait_until()
{
  local limit=$((SECONDS + $1)) what=$2
  shift 2
  until "$@"; do
    if [ "$SECONDS" -ge "$limit" ]; then
      echo "FAILED: waited in vain for: $what" >&2
      return 1
    fi
    sleep 0.1
  done
}

is_free()
{
  ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# Three ports that nobody listens on, in a row, below those that the kernel hands out.
choose_ports()
{
  local port
  while true; do
    port=$((10000 + RANDOM % 20000))
    if is_free $port && is_free $((port + 1)) && is_free $((port + 2)); then
      echo $port
      return
    fi
  done
}

write_slurm_conf()
{
  local host port=$1
  host=$(hostname -s)
  cat >"$slurm_folder/slurm.conf" <<END
ClusterName=loopback
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$port
SlurmUser=$(id -un)
SlurmdUser=$(id -un)
AuthType=auth/munge
AuthInfo=socket=$slurm_folder/munge/socket
CredType=cred/munge
MpiDefault=none
ProctrackType=proctrack/pgid
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
ReturnToService=2
SlurmctldPidFile=$slurm_folder/slurmctld.pid
SlurmdPidFile=$slurm_folder/slurmd-%n.pid
SlurmdSpoolDir=$slurm_folder/spool-%n
StateSaveLocation=$slurm_folder/state
SlurmctldLogFile=$slurm_folder/slurmctld.log
SlurmdLogFile=$slurm_folder/slurmd-%n.log
JobCompType=jobcomp/filetxt
JobCompLoc=$slurm_folder/completed.txt
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerType=sched/backfill
${slurm_scheduler:-SchedulerParameters=batch_sched_delay=0,sched_interval=2,bf_interval=2}
JobRequeue=1
NodeName=n1 NodeHostname=$host NodeAddr=127.0.0.1 Port=$((port + 1)) CPUs=1 RealMemory=2000 State=UNKNOWN
NodeName=n2 NodeHostname=$host NodeAddr=127.0.0.1 Port=$((port + 2)) CPUs=1 RealMemory=2000 State=UNKNOWN
PartitionName=loopback Nodes=n1,n2 Default=YES MaxTime=INFINITE State=UP
END
}

# are_idle NUMBER: so many nodes answer and have nothing to do.
are_idle()
{
  [ "$(sinfo -h -N -t idle -o %N 2>/dev/null | wc -l)" -eq "$1" ]
}

start_node()
{
  slurmd -f "$SLURM_CONF" -N "$1"
}

start_slurm()
{
  slurm_folder=$1
  mkdir -p "$slurm_folder/munge" "$slurm_folder/state"
  chmod 755 "$slurm_folder" "$slurm_folder/munge"
  export SLURM_CONF=$slurm_folder/slurm.conf
  mungekey --create --keyfile "$slurm_folder/munge/key"
  munged --force --socket="$slurm_folder/munge/socket" --key-file="$slurm_folder/munge/key" \
    --pid-file="$slurm_folder/munge/pid" --log-file="$slurm_folder/munge/log" \
    --seed-file="$slurm_folder/munge/seed" 2>"$slurm_folder/munge/stderr"
  local try
  for try in 1 2 3; do # another run may take the ports in between
    write_slurm_conf "$(choose_ports)"
    slurmctld -f "$SLURM_CONF"
    start_node n1
    start_node n2
    if wait_until 20 "two idle nodes (try $try)" are_idle 2; then
      return 0
    fi
    stop_daemons
    rm -rf "$slurm_folder/state"
    mkdir "$slurm_folder/state"
  done
  tail -n 20 "$slurm_folder"/*.log >&2
  return 1
}

# Ids of the processes of a node's tasks: they bear the node and this cluster in their environment.
tasks_of_node()
{
  local file files
  mapfile -t files < <(grep -lszx "SLURMD_NODENAME=$1" /proc/[0-9]*/environ)
  for file in "${files[@]}"; do
    if grep -qszx "SLURM_CONF=$SLURM_CONF" "$file"; then
      basename "${file%/environ}"
    fi
  done
}

# What a power cut does: the daemon, those that watch over its tasks, and the tasks are gone at once.
crash_node()
{
  local id parent victims
  victims=("$(cat "$slurm_folder/slurmd-$1.pid")")
  for id in $(tasks_of_node "$1"); do
    victims+=("$id")
    parent=$(awk '/^PPid:/ { print $2 }' "/proc/$id/status" 2>/dev/null) || continue
    if [ "$(cat "/proc/${parent:-none}/comm" 2>/dev/null)" = slurmstepd ]; then
      victims+=("$parent")
    fi
  done
  kill -KILL "${victims[@]}" 2>/dev/null || true
  rm -f "$slurm_folder/slurmd-$1.pid"
}

stop_daemons()
{
  local file id
  for file in "$slurm_folder"/slurmd-*.pid "$slurm_folder/slurmctld.pid"; do
    [ -e "$file" ] || continue
    id=$(cat "$file")
    kill "$id" 2>/dev/null || true
    wait_until 10 "the end of process $id" is_gone "$id" || kill -KILL "$id" 2>/dev/null || true
    rm -f "$file"
  done
}

is_gone()
{
  ! kill -0 "$1" 2>/dev/null
}

stop_slurm()
{
  [ -n "${slurm_folder:-}" ] || return 0
  local id
  if [ -e "$slurm_folder/slurmctld.pid" ]; then
    scancel --quiet --user "$(id -un)" 2>/dev/null || true
  fi
  for node in n1 n2; do
    for id in $(tasks_of_node $node); do
      kill -KILL "$id" 2>/dev/null || true
    done
  done
  stop_daemons
  if [ -e "$slurm_folder/munge/pid" ]; then
    id=$(cat "$slurm_folder/munge/pid")
    kill "$id" 2>/dev/null || true
    wait_until 10 "the end of process $id" is_gone "$id" || true
  fi
}
