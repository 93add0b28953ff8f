# shellcheck shell=sh
# The Compose plugin without its client: that asks each of its plugins who it is before it runs one, which takes as long as to
# look at a stack. Where it looks: https://docs.docker.com/compose/install/linux/#install-the-plugin-manually

# find_plugin: sets `plugin` to the one that `docker compose` would run; to nothing where the client's settings name further folders.
find_plugin() {
  plugin='' settings=${DOCKER_CONFIG:-${HOME:-}/.docker}
  ! grep -qs cliPluginsExtraDirs "$settings/config.json" || return 0
  for plugin in "$settings" /usr/local/lib/docker /usr/local/libexec/docker /usr/lib/docker /usr/libexec/docker; do
    plugin=$plugin/cli-plugins/docker-compose
    if [ -f "$plugin" ] && [ -x "$plugin" ]; then return 0; fi
  done
  plugin=''
}

# docker_compose ARG...: by the command in `within`, where that is set.
docker_compose() {
  find_plugin
  if [ -n "$plugin" ]; then ${within:-} "$plugin" "$@"; else ${within:-} docker compose "$@"; fi
}
