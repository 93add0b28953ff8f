# unpack FOLDER SHA256: the package on standard input, whole and on disk; where that fails nothing of it is left.
unpack() {
  mkdir "$1" || not_written
  # shellcheck disable=SC2064 # the folder is known now
  trap "rm -rf '$1'" EXIT
  cat >"$1/package.tar.gz" || not_written
  echo "$2  $1/package.tar.gz" | sha256sum -c - >/dev/null 2>&1 || { echo 'the package was damaged on its way' >&2; exit 7; }
  tar -xzpf "$1/package.tar.gz" -C "$1" || not_written
  rm "$1/package.tar.gz"
  sync -f "$1" || not_written
}

not_written() { echo 'the package could not be written: is the disk full?' >&2; exit 8; }
