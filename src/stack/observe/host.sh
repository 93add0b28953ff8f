# The machine and the user, as far as no engine is asked.

host_facts() {
  fact epoch "$(date +%s)"
  fact user "$(id -un)"
  fact shell "${SHELL:-}"
  for tool in docker flock setsid timeout tar gzip sha256sum sync awk xargs mktemp; do
    command -v "$tool" >/dev/null 2>&1 || fact missing "$tool"
  done
  fact system "$(sed -n 's/^ID\(_LIKE\)*=//p' /etc/os-release 2>/dev/null | tr -d '"' | tr '\n' ' ')"
  awk '
    $1 == "MemTotal:" { print "memory-total-kib\t" $2 }
    $1 == "MemAvailable:" { print "memory-kib\t" $2 }' /proc/meminfo
  memory_facts
  for emulator in /proc/sys/fs/binfmt_misc/qemu-* /proc/sys/fs/binfmt_misc/rosetta; do
    [ ! -e "$emulator" ] || fact emulator "${emulator##*/}"
  done
}

# What each container uses, page cache that can be dropped apart: `path current inactive`, by version and driver of cgroups.
memory_facts() {
  set --
  for group in /sys/fs/cgroup/docker/* /sys/fs/cgroup/system.slice/docker-*.scope /sys/fs/cgroup/memory/docker/* \
    /sys/fs/cgroup/user.slice/user-*.slice/user@*.service/*/docker-*.scope; do
    for file in memory.stat memory.current memory.usage_in_bytes; do
      [ ! -r "$group/$file" ] || set -- "$@" "$group/$file"
    done
  done
  [ $# -eq 0 ] || awk '
    $1 == "inactive_file" || $1 == "total_inactive_file" { inactive = $2 }
    FILENAME !~ /stat$/ { sub(/\/[^\/]*$/, "", FILENAME); print "uses\t" FILENAME " " $1 - inactive; inactive = 0 }' "$@" 2>/dev/null
}

# Who listens where, of all users: `tcp 0100007F:1538 postgres`, addresses as the kernel writes them.
port_facts() {
  set -- /etc/passwd
  for table in /proc/net/tcp /proc/net/tcp6 /proc/net/udp /proc/net/udp6; do
    [ ! -r "$table" ] || set -- "$@" "$table"
  done
  awk '
    FILENAME == "/etc/passwd" { split($0, field, ":"); name[field[3]] = field[1]; next }
    { protocol = FILENAME ~ /tcp/ ? "tcp" : "udp" }
    $4 == (protocol == "tcp" ? "0A" : "07") { print "listening\t" protocol " " $2 " " ($8 in name ? name[$8] : $8) }' "$@"
  if [ -r /proc/sys/net/ipv4/ip_unprivileged_port_start ]; then
    fact unprivileged-port-start "$(cat /proc/sys/net/ipv4/ip_unprivileged_port_start)"
  fi
}

# space NAME FOLDER: of its file system, number, free KiB, free inodes, all inodes (0: it does not count them).
space() {
  fact "$1" "$({ stat -c %d "$2" && df -Pk "$2" && df -Pi "$2"; } 2>/dev/null |
    awk 'NR == 1 { number = $1 } NR == 3 { free = $4 } NR == 5 { left = $4; all = $2 } END { if (free != "") print number, free, left + 0, all + 0 }')"
}
