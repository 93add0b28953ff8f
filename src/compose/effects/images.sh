# Images come before anything changes, and go when no kept release names them.

# pull ARCHITECTURE SERVICE=IMAGE...: a login that came with the transaction lives in a folder of its own, for the length of
# the pull. What came is for the host's processor, or never starts.
pull() {
  host=$1 names='' images='' login=$ESTIBA_TX/docker
  shift
  for service; do names="$names ${service%%=*}" images="$images ${service#*=}"; done
  if [ -d "$login" ]; then
    [ ! -d "$HOME/.docker/cli-plugins" ] || ln -sfn "$HOME/.docker/cli-plugins" "$login/cli-plugins"
    # The user's contexts stay behind, and one of them may lead to the engine.
    DOCKER_HOST=$(docker context inspect --format '{{.Endpoints.docker.Host}}') && export DOCKER_HOST
    export DOCKER_CONFIG="$login"
  fi
  # shellcheck disable=SC2086 # lists of plain words
  compose pull --quiet $names && fit "$host" $images
  pulled=$?
  rm -rf "${login:?}"
  return "$pulled"
}

architectures() { docker image inspect --format '{{.Architecture}}' "$@" 2>/dev/null; }

# fit ARCHITECTURE IMAGE...: one question for all; which of them do not, only where there is one. Those go again, for the
# next plan takes a digest that is there as it is.
fit() {
  host=$1 all_fit=true
  shift
  for made in $(architectures "$@"); do runs_on "$host" "$made" || all_fit=false; done
  "$all_fit" && return
  for image; do
    made=$(architectures "$image") || continue
    runs_on "$host" "$made" && continue
    echo "$image is for $made, and this host is $host: build it for $host, or take another image"
    case $image in *@*) docker image rm "$image" >/dev/null 2>&1 ;; esac
  done
  return 1
}

# runs_on HOST ARCHITECTURE: by itself, or by an emulator that the kernel knows.
runs_on() {
  case $1/$2 in "$2/$2" | amd64/386 | arm64/arm) return 0 ;; esac
  case $2 in amd64) emulator=x86_64 ;; arm64) emulator=aarch64 ;; 386) emulator=i386 ;; *) emulator=$2 ;; esac
  [ -e "/proc/sys/fs/binfmt_misc/qemu-$emulator" ] || [ -e /proc/sys/fs/binfmt_misc/rosetta ]
}

# hold_images IMAGE=SERVICE.RELEASE...: without a tag `docker system prune` takes what no container has, and with it the way back; the name is
# one that no registry has (RFC 2606). One that is gone already can't be held any more.
hold_images() {
  await_engine
  for image; do docker tag "${image%%=*}" "estiba.invalid/held:$project.${image#*=}" || echo "${image%%=*} is not held"; done
}

# let_go ID...: of releases that are forgotten.
let_go() {
  for old; do
    until tags=$(docker images --format '{{.Repository}}:{{.Tag}}' --filter "reference=estiba.invalid/held:$project.*.$old"); do sleep 1; done
    each "$tags" docker image rm
  done
  true
}

# forget_images IMAGE...: but not what another stack of this host holds.
forget_images() {
  for image; do
    case $(docker image inspect --format '{{.RepoTags}}' "$image" 2>/dev/null) in *estiba.invalid/held:*) continue ;; esac
    docker image rm "$image" >/dev/null 2>&1
  done
  true
}
