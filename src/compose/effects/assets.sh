# Files that pages ask for which visitors opened before a switch: each new container has those of the releases that are kept.

# share_assets LIVE KEPT NAME=DEFINITION:FOLDER,FOLDER...: the new containers, not started yet, get the files which they lack of
# the releases KEPT, latest first and joined by commas. LIVE is the one that serves, or empty where that is none of ours.
share_assets() {
  live=$1 kept=$2
  shift 2
  every=$(survey) && find_new "$@" || return 1
  for service; do
    for assets in $(more "$service" | tr , ' '); do share_folder "$(name "$service")" "$assets" || return 1; done
  done
  rm -rf "${ESTIBA_TX:?}/assets"
}

# share_folder NAME FOLDER: of that service. A release's own files are taken before anything is laid beside them, once.
share_folder() {
  fresh=$(among "$every" new "$service")
  own=$(assets_in "$stack/releases/$release" "$@")
  if ! take_assets "$(first_of "$fresh")" "$2" "$own" || ! holds_folder "$own"; then
    rm -f "$own"
    echo "services.$1.labels: estiba.assets is $2, and the image has no such folder: write its own path, not a link's"
    return 1
  fi
  take_served "$@" || return 1
  needed=$(lacking "$@") || return 1
  [ -n "$needed" ] || return 0
  for container in $fresh; do
    for source in $needed; do
      docker cp - "$container:${2%/*}/" <"$source" || echo "$1 does not have all of $source"
    done
    # What has the same name is the new release's.
    docker cp - "$container:${2%/*}/" <"$own" || return 1
  done
}

# assets_in RELEASE NAME FOLDER: the archive of that folder, in the folder of a release. `%` is in no label's path.
assets_in() { echo "$1/assets/$2$(echo "$3" | tr / %).tar"; }

first_of() { printf '%s\n' "$1" | head -n 1; }

# take_assets CONTAINER FOLDER ARCHIVE: whole and on disk, or not at all. Owners and modes are in it.
take_assets() {
  [ ! -f "$3" ] || return 0
  mkdir -p "${3%/*}" && docker cp "$1:$2" - >"$3.new" && sync "$3.new" && mv "$3.new" "$3" && sync "${3%/*}" "${3%/*/*}" && return
  rm -f "$3.new"
  return 1
}

# The engine hands out a link, or a file, as the one entry that it is.
holds_folder() { tar -tf "$1" | head -n 1 | grep -q '/$'; }

# take_served NAME FOLDER: of a release that came before the label its running container has the files. It may have none of them there.
take_served() {
  from=${live:+$stack/releases/$live}
  taken=$(assets_in "${from:-$ESTIBA_TX}" "$@")
  [ ! -f "$taken" ] || return 0
  running=$(containers "$1" status=running) || return 1
  old=$(among "$every" old "$service" | grep -xF "$running" | head -n 1)
  [ -n "$old" ] && [ -d "${from:-$ESTIBA_TX}" ] || return 0
  if ! take_assets "$old" "$2" "$taken" || ! holds_folder "$taken"; then
    rm -f "$taken"
    echo "what serves of $1 has no folder $2: nothing of it is kept"
  fi
}

# lacking NAME FOLDER: the archives that have a file which neither the new release nor a later one has, oldest first.
lacking() {
  seen=$ESTIBA_TX/assets-seen wanted=''
  tar -tf "$own" >"$seen" || return 1
  for id in $(echo "$kept" | tr , ' ') ''; do
    archive=$(assets_in "${id:+$stack/releases/}${id:-$ESTIBA_TX}" "$@")
    [ -f "$archive" ] || continue
    listed=$(tar -tf "$archive" | grep -v '/$')
    if [ -z "$listed" ] || ! printf '%s\n' "$listed" | grep -qvxFf "$seen"; then continue; fi
    wanted="$archive $wanted"
    printf '%s\n' "$listed" >>"$seen"
  done
  echo "$wanted"
}
