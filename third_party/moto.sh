#!/usr/bin/env bash
# Prints the path of moto_server, another store for `make check-stores`; if there is none, installs
# it with pip into an environment in the cache folder ($DECON_CACHE, else
# ${XDG_CACHE_HOME:-$HOME/.cache}/decon). $MOTO names another one. Needs Python 3.9 or newer with venv.
set -euo pipefail
version=5.1.20
if [ -n "${MOTO:-}" ]; then
    [ -x "$MOTO" ] && echo "$MOTO"
    exit
fi
environment=${DECON_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/decon}/moto-$version
if [ ! -e "$environment/complete" ]; then
    echo "moto: installing moto $version into $environment" >&2
    python3 -m venv "$environment" >&2
    "$environment/bin/pip" install -q "moto[server]==$version" >&2
    touch "$environment/complete"
fi
echo "$environment/bin/moto_server"
