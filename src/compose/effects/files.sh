# What a transaction brings to the stack's folder, and what it leaves there.

# stage: what the transaction brought becomes a release; shared files are content-addressed and never overwritten. All of
# it is on disk already, so that only its new place has to be synced.
stage() {
  mkdir -p "$stack/files" "$stack/releases" "$stack/project" "$stack/backups"
  chmod 0755 "$stack/files"
  for folder in "$ESTIBA_TX"/files/*; do
    if [ ! -d "$folder" ] || [ -e "$stack/files/${folder##*/}" ]; then continue; fi
    chmod -R a+rX "$folder" && mv -T "$folder" "$stack/files/${folder##*/}" || return 1
  done
  [ -d "$stack/releases/$release" ] || mv -T "$ESTIBA_TX/release" "$stack/releases/$release" || return 1
  stage_edge && sync "$stack/files" "$stack/releases" "$stack"
}

unstage() {
  case $(readlink "$stack/current") in
    "releases/$release/"*) ;;
    *) forget_brought; rm -rf "${stack:?}/releases/$release" ;;
  esac
}

# What it brought for the edges and the release that serves does not have.
forget_brought() {
  serving=$(readlink "$stack/current") || return 0
  serving=$stack/${serving%/*}/edge
  [ ! -d "$serving" ] || drop_all_edge_files_but "$serving"
}

# point_current FOLDER: below the stack's folder.
point_current() { ln -sfn "$1" "$stack/.current" && mv -T "$stack/.current" "$stack/current" && sync "$stack"; }

forget_releases() { for old; do rm -rf "${stack:?}/releases/$old"; done; }

# forget_files: those that no release that is kept names, and no container has.
forget_files() {
  until every=$(docker ps --all --quiet --filter "label=com.docker.compose.project=$project" 2>/dev/null); do sleep 1; done
  # shellcheck disable=SC2086 # a list of ids
  mounted=$([ -z "$every" ] || docker inspect --format '{{range .Mounts}}{{println .Source}}{{end}}' $every) || return 1
  for folder in "$stack"/files/*/; do
    folder=${folder%/}
    if printf '%s\n' "$mounted" | grep -qF "$folder" || grep -qsF "${folder##*/}" "$stack"/releases/*/*/compose.json; then continue; fi
    rm -rf "${folder:?}"
  done
}
