#!/bin/bash
# Process 1 of a lab host. /run is a tmpfs, so what runs here finds the state of a machine that has just booted.
# REGISTRY is `127.0.0.1:PORT=NAME:PORT`: the loopback address that leads to the lab's registry, on this host too.
set -eu

# A boot has an id of its own; a container shows the machine's. Programs that ask whether a reboot happened need ours.
cat /proc/sys/kernel/random/uuid >/run/boot_id
mount --bind /run/boot_id /proc/sys/kernel/random/boot_id

# On cgroup v2 a group with processes can't have children with controllers: step aside, as every nested engine does.
if [ -f /sys/fs/cgroup/cgroup.controllers ]; then
  mkdir -p /sys/fs/cgroup/init
  xargs -rn1 </sys/fs/cgroup/cgroup.procs >/sys/fs/cgroup/init/cgroup.procs 2>/dev/null || true
  sed 's/ / +/g; s/^/+/' </sys/fs/cgroup/cgroup.controllers >/sys/fs/cgroup/cgroup.subtree_control || true
fi

mkdir -p /run/sshd /run/lock
registry_listen=${REGISTRY%%=*} registry_target=${REGISTRY#*=}

# Overlay on overlay does not work: the engine's data lies on a volume. Where even that fails, the slow driver does.
start_engine() {
  dockerd "$@" >>/var/log/dockerd.log 2>&1 &
  engine=$!
}
start_engine
socat "TCP-LISTEN:${registry_listen##*:},bind=${registry_listen%%:*},fork,reuseaddr" "TCP:$registry_target" &
/usr/sbin/sshd
cron

trap 'kill "$engine" 2>/dev/null || true' TERM INT
sleep 0.5
if ! kill -0 "$engine" 2>/dev/null && grep -q 'driver not supported' /var/log/dockerd.log; then
  start_engine --storage-driver=vfs
fi

# Reaps what sshd and cron leave behind, and ends with the engine when the host is told to shut down.
while kill -0 "$engine" 2>/dev/null; do
  wait -n || true
done
