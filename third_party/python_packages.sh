#!/usr/bin/env bash
# Prints the folder of a Python environment with the named packages (NAME==VERSION), installed with pip into
# the cache folder ($DECON_CACHE, else ${XDG_CACHE_HOME:-$HOME/.cache}/decon). Needs Python 3.9 or newer
# with venv.
#   third_party/python_packages.sh NAME PACKAGE==VERSION...
set -euo pipefail
name=$1
shift
environment=${DECON_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/decon}/python-$name
if [ "$(cat "$environment/complete" 2>/dev/null)" != "$*" ]; then
    echo "$name: installing $* into $environment" >&2
    rm -rf "$environment"
    python3 -m venv "$environment" >&2
    "$environment/bin/pip" install -q "$@" >&2
    echo "$*" >"$environment/complete"
fi
echo "$environment"
