# The files of `edge/`: what is generated for the edges, and what of the team's own they load.

# edge_files FOLDER: what it has for edges, as paths in it: what is generated, and below `own` the team's own configuration.
edge_files() { (cd "$1" && find ./*.* own -type f 2>/dev/null | sed 's|^\./||'); }

# lacks_configuration FOLDER: a file of it, at least, was never put there. What is another one there is for `configure_edge`.
lacks_configuration() { ! edge_files "$1" | has_edge_files; }
has_edge_files() { while IFS= read -r file; do [ -f "$stack/edge/$file" ] || return 1; done; }

# make_edge FOLDER: four folders that never change, and the link to one of them, which is made last.
make_edge() {
  for folder in a b a-trial b-trial; do mkdir -p "$stack/edge/slots/$folder" && : >"$stack/edge/slots/$folder/$folder" || return 1; done
  : >"$stack/edge/slots/b-trial/b" && : >"$stack/edge/slots/a-trial/trial" && : >"$stack/edge/slots/b-trial/trial" || return 1
  if [ -f "$1/traefik-a.conf" ]; then link_traefik || return 1; fi
  edge_files "$1" | put_edge_files "$1" lacking || return 1
  sync -f "$stack/edge" && { [ -L "$stack/edge/live" ] || ln -s slots/a "$stack/edge/live"; } && sync "$stack/edge"
}

# put_edge_files FOLDER all|lacking: those on standard input.
put_edge_files() {
  while IFS= read -r file; do
    if [ "$2" = lacking ] && [ -f "$stack/edge/$file" ]; then continue; fi
    put_edge_file "$1" "$file" || return 1
  done
}

# put_edge_file FOLDER FILE: a container that mounts a file has its inode, so what may be mounted is written in its place.
put_edge_file() {
  target=$stack/edge/$2 new=$stack/edge/.${2##*/}
  case $2 in
    own/*) mkdir -p "${target%/*}" && cat "$1/$2" >"$target" && chmod 0644 "$target" && sync "$target" ;;
    *) cp "$1/$2" "$new" && chmod 0644 "$new" && sync "$new" && mv "$new" "$target" ;;
  esac
}

# put_edge_configuration FOLDER: all of it; and out of the folders that an edge mounts goes what is not in it. The rest waits
# for `tidy_edge`: a container that mounts a file can't start without it.
put_edge_configuration() {
  edge_files "$1" | put_edge_files "$1" all && edge_files "$stack/edge" | grep '^own/[^/]*/[^/]*/' | drop_edge_files "$1" &&
    chmod -R a+rX "$stack/edge" && sync "$stack/edge"
}

# drop_edge_files FOLDER: those on standard input that it does not have.
drop_edge_files() { while IFS= read -r file; do [ -f "$1/$file" ] || rm -f "$stack/edge/$file"; done; }

# drop_all_edge_files_but FOLDER: nothing that mounts one of the others is there any more.
drop_all_edge_files_but() { edge_files "$stack/edge" | drop_edge_files "$1" && sync "$stack/edge"; }
tidy_edge() { drop_all_edge_files_but "$stack/releases/$release/edge"; }

keep_edge_files() {
  while IFS= read -r file; do
    case $file in */*) mkdir -p "$1/${file%/*}" ;; esac
    cp "$stack/edge/$file" "$1/$file" && sync "$1/$file" || return 1
  done
}
