# shellcheck shell=sh
# What the steps of a plan do on the host. The plan sets `project`, `release`, `variant` and `stack` above these lines.
# Everything is found by label each time and may be repeated. A service is given as NAME=DEFINITION[:MORE]; the containers
# with that definition, in the slot that the release goes to, are the new ones, all others of the service the old ones.

: "${project:?}" "${release:?}" "${variant:?}" "${stack:?}"

. ./plugin.sh
. ./effects/containers.sh
. ./effects/images.sh
. ./effects/served.sh
. ./effects/drain.sh
. ./effects/health.sh
. ./effects/jobs.sh
. ./effects/database.sh
. ./effects/files.sh
. ./effects/assets.sh
. ./effects/slots.sh
. ./effects/joins.sh
. ./effects/rolling.sh
. ./effects/edge/places.sh
. ./effects/edge/files.sh
. ./effects/edge/configure.sh
. ./effects/edge/switch.sh
. ./effects/edge/nginx.sh
. ./effects/edge/caddy.sh
. ./effects/edge/haproxy.sh
. ./effects/edge/traefik.sh
. ./effects/remove.sh
