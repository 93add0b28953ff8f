# What a migration needs: a backup, a run in the release's own image, and the schema before and after.

in_postgres() {
  container=$(containers "$1" status=running | head -n 1)
  [ -n "$container" ] || { echo "the service $1 has no running container"; return 1; }
  # shellcheck disable=SC2016 # the variables are the container's
  docker exec -i "$container" sh -c 'PGUSER=${POSTGRES_USER:-postgres} PGDATABASE=${POSTGRES_DB:-${POSTGRES_USER:-postgres}}
    export PGUSER PGDATABASE; exec "$@"' sh "$2" "$3"
}

# Newer releases of pg_dump print a random token behind \restrict.
schema_of() {
  in_postgres "$1" pg_dump --schema-only >"$2.all" && grep -v '^[\]' "$2.all" | sha256sum >"$2" && rm "$2.all"
}

# back_up SERVICE: read back whole before it counts as a backup; a listing would accept a torn file.
back_up() {
  target=$stack/backups/${ESTIBA_TX##*/}.dump
  in_postgres "$1" pg_dump --format=custom >"$target.tmp" && [ -s "$target.tmp" ] &&
    in_postgres "$1" pg_restore --file=/dev/null <"$target.tmp" && sync "$target.tmp" &&
    sha256sum <"$target.tmp" >"$target.sha256" && sync "$target.sha256" && mv "$target.tmp" "$target" && sync "$stack/backups" &&
    schema_of "$1" "$ESTIBA_TX/schema-before" && sync "$ESTIBA_TX/schema-before" && sync "$ESTIBA_TX" &&
    echo "backed up to $target, $(wc -c <"$target") bytes, read back whole"
}

# run_once SERVICE COMMAND...: in a named container of the release's own image; nobody else carries that name.
run_once() {
  remove_once || return 1
  service=$1
  shift
  compose run --rm --no-deps --no-TTY --name "$project-${ESTIBA_TX##*/}" "$service" "$@" </dev/null
}

remove_once() {
  once=$(docker ps --all --quiet --filter "name=^/$project-${ESTIBA_TX##*/}\$") && each "$once" docker rm --force
}

# schema_is_as_before SERVICE: a database that a killed engine has left down, or that comes up just now, is waited for: that
# it does not answer does not say that it changed. Fails with 2 where it never answers.
schema_is_as_before() {
  give_up=$(($(uptime_seconds) + 30))
  until schema_of "$1" "$ESTIBA_TX/schema-now"; do
    [ "$(uptime_seconds)" -lt "$give_up" ] || return 2
    # The latest alone: two at once on the same data would be worse than none.
    [ -n "$(containers "$1" status=running)" ] || each "$(containers "$1" status=exited | head -n 1)" docker start
    sleep 1
  done
  cmp -s "$ESTIBA_TX/schema-before" "$ESTIBA_TX/schema-now" || return 1
}

# old_code_can_run true|false [SERVICE]: the old release may serve again when the schema is as it was, or the user says so.
old_code_can_run() {
  if [ "$1" = true ]; then
    echo 'old-code-can-run says that the old release can run on the migrated schema'
    return
  fi
  if [ -n "${2:-}" ]; then schema_is_as_before "$2"; else false; fi
  case $? in
    0) echo 'the schema is as it was before the migration: the old release can run on it' ;;
    2) echo 'the database does not answer, so nobody knows whether the old release can run on its schema'; return 1 ;;
    *) echo 'the schema changed, and old-code-can-run does not say that the old release can run on it'; return 1 ;;
  esac
}

# note_schema true|false [SERVICE]: for the ledger, which a rollback goes by: what the migration did to the schema.
note_schema() {
  if [ -n "${2:-}" ] && schema_is_as_before "$2"; then
    found=unchanged
  elif [ "$1" = true ]; then
    found=compatible
  else
    found=unknown
  fi
  echo "$found" >"$ESTIBA_TX/.migration" && sync "$ESTIBA_TX/.migration" && mv "$ESTIBA_TX/.migration" "$ESTIBA_TX/migration" &&
    sync "$ESTIBA_TX" && echo "the schema: $found"
}
