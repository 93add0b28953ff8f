#!/bin/bash
# Process 1 of a lab host. /run is a tmpfs, so what runs here finds the state of a machine that has just booted.
# REGISTRY is `127.0.0.1:PORT=NAME:PORT`: the loopback address that leads to the lab's registry, on this host too.
# AUTHORIZED_KEY is the public key of the user deploy.
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

# As systemd does for docker.service: an engine that dies is started again after two seconds.
# Overlay on overlay does not work: the engine's data lies on a volume. Where even that fails, the slow driver does.
run_engine() {
  options=()
  while true; do
    dockerd "${options[@]}" >>/var/log/dockerd.log 2>&1 || true
    if grep -q 'driver not supported' /var/log/dockerd.log; then options=(--storage-driver=vfs); fi
    sleep 2
  done
}
run_engine &
supervisor=$!

# Keys of its own, made at the first boot and kept: they are what a caller pins.
ssh-keygen -A >/dev/null
printf '%s\n' "$AUTHORIZED_KEY" >/home/deploy/.ssh/authorized_keys
chown deploy: /home/deploy/.ssh/authorized_keys
/usr/sbin/sshd
cron
socat "TCP-LISTEN:${registry_listen##*:},bind=${registry_listen%%:*},fork,reuseaddr" "TCP:$registry_target" &

shut_down() {
  kill "$supervisor"
  kill "$(cat /run/docker.pid)" && while [ -e /run/docker.pid ]; do sleep 0.1; done
  exit 0
}
trap shut_down TERM INT

# Reaps what sshd and cron leave behind.
while true; do
  wait -n || sleep 1
done
