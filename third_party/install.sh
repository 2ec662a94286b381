#!/usr/bin/env bash
# Installs the packages that the project needs, where it may.
#
#   third_party/install.sh SET...      SET: build, test, check, fuzz, bench, arm64
#
# Says what it would install. Installs with apt-get or dnf as root or where sudo asks for no
# password; elsewhere it prints the command to type and exits with status 1. Where everything is
# there it does nothing. DECON_INSTALL=no: only says what is missing. The lists are beside this
# script, one for each family of distributions.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

say() {
    printf 'install: %s\n' "$*" >&2
}

# Prints debian, fedora or nothing.
family() {
    local id='' like=''
    if [ -r /etc/os-release ]; then
        id=$(sed -n 's/^ID=//p' /etc/os-release | tr -d '"')
        like=$(sed -n 's/^ID_LIKE=//p' /etc/os-release | tr -d '"')
    fi
    case " $id $like " in
    *' debian '* | *' ubuntu '*) echo debian ;;
    *' fedora '* | *' rhel '*) echo fedora ;;
    esac
}

# Prints those of the named packages that are not installed.
not_installed() {
    case $family in
    debian)
        local there
        there=$(dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' "$@" 2>/dev/null |
            sed -n 's/^ii *//p' || true)
        for package in "$@"; do
            grep -qxF "$package" <<<"$there" || echo "$package"
        done
        ;;
    fedora)
        for package in "$@"; do
            rpm -q --quiet "$package" || echo "$package"
        done
        ;;
    esac
}

# Prints `set package` for each row of the wanted sets whose command is not on PATH.
wanted() {
    local set package command rest
    while read -r set package command rest; do
        case $set in '' | '#'*) continue ;; esac
        case " $sets " in *" ${set%\?} "*) ;; *) continue ;; esac
        if [ "$command" = - ] || ! command -v "$command" >/dev/null; then
            echo "$set $package"
        fi
    done <"$here/$family.txt"
}

# Prints the command line's words in front of the package manager; fails where there is no right.
privilege() {
    if [ "$(id -u)" = 0 ]; then
        echo env
    elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
        echo 'sudo -n env'
    else
        return 1
    fi
}

install_packages() {
    case $family in
    debian)
        $as DEBIAN_FRONTEND=noninteractive apt-get update -qq || say 'apt-get update failed; going on'
        $as DEBIAN_FRONTEND=noninteractive apt-get install -y -qq -o Dpkg::Use-Pty=0 --no-install-recommends "$@" >/dev/null
        ;;
    fedora) $as dnf install -y -q "$@" ;;
    esac >&2
}

sets="$*"
for set in "$@"; do
    case $set in build | test | check | fuzz | bench | arm64) ;; *) sets='' ;; esac
done
if [ -z "$sets" ]; then
    echo "usage: $0 build|test|check|fuzz|bench|arm64 ..." >&2
    exit 2
fi

family=$(family)
if [ -z "$family" ]; then
    say "no package list for this distribution; see $here/debian.txt for what is needed"
    exit 0
fi

rows=$(wanted)
[ -n "$rows" ] || exit 0
# shellcheck disable=SC2046  # package names have no spaces
missing=$(not_installed $(awk '{print $2}' <<<"$rows"))
[ -n "$missing" ] || exit 0
needed='' optional=''
for package in $missing; do
    if grep -qE "^[a-z]+\? $package\$" <<<"$rows"; then
        optional+=" $package"
    else
        needed+=" $package"
    fi
done

manager='apt-get install'
[ "$family" = debian ] || manager='dnf install'
say "missing:$needed$optional"
if [ "${DECON_INSTALL:-yes}" != no ] && as=$(privilege); then
    say "installing them with ${as%env}${manager%% *}"
    # shellcheck disable=SC2086
    install_packages $needed $optional || {
        say "the package manager failed; install these and try again:$needed$optional"
        exit 1
    }
    exit 0
fi
if [ -z "$needed" ]; then
    say "going on without these, some tests will be skipped:$optional"
    exit 0
fi
say 'not installed (no root, no sudo without password, or DECON_INSTALL=no). Type:'
say "    sudo $manager$needed$optional"
exit 1
