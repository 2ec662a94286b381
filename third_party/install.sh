#!/usr/bin/env bash
# Installs the packages that the project needs, if permitted.
#
#   third_party/install.sh SET...      SET: build, test, check, ... (first column of debian.txt)
#
# Prints what it installs. Uses apt-get or dnf as root or through sudo without a password; otherwise
# prints the command to run and exits with status 1. Does nothing if all packages are installed.
# DECON_INSTALL=no: only prints what is missing. The lists are in this folder, one for each family
# of distributions.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

say() {
    printf 'install: %s\n' "$*" >&2
}

# Prints debian, fedora or nothing; nothing also where the database of installed packages cannot be asked.
family() {
    local id='' like=''
    if [ -r /etc/os-release ]; then
        id=$(sed -n 's/^ID=//p' /etc/os-release | tr -d '"')
        like=$(sed -n 's/^ID_LIKE=//p' /etc/os-release | tr -d '"')
    fi
    case " $id $like " in
    *' debian '* | *' ubuntu '*) has_command dpkg-query && echo debian ;;
    *' fedora '* | *' rhel '*) has_command rpm && echo fedora ;;
    esac || true
}

# Prints those of the named packages that are not installed; of alternatives (A|B) only the first.
not_installed() {
    local names there package
    names=$(printf '%s\n' "$@" | tr '|' '\n')
    case $family in
    debian)
        # shellcheck disable=SC2086  # package names have no spaces
        there=$(dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' $names 2>/dev/null | sed -n 's/^ii *//p' || true)
        ;;
    fedora)
        # shellcheck disable=SC2086
        there=$(rpm -q --qf '%{NAME}\n' $names 2>/dev/null | grep -v ' ' || true)
        ;;
    esac
    for package in "$@"; do
        grep -qxE "$(sed 's/[+.]/\\&/g' <<<"$package")" <<<"$there" || echo "${package%%|*}"
    done
}

# Whether a command of the lists is on PATH.
has_command() {
    case $1 in
    -) return 1 ;;
    *-\*) "$here/newest.sh" --find "${1%-\*}" >/dev/null ;;
    *) command -v "$1" >/dev/null ;;
    esac
}

# Prints `set package` for each row of the wanted sets whose command is not on PATH.
wanted() {
    local set package command rest
    while read -r set package command rest; do
        case $set in '' | '#'*) continue ;; esac
        case " $sets " in *" ${set%\?} "*) ;; *) continue ;; esac
        has_command "$command" || echo "$set $package"
    done <"$here/$family.txt"
}

# Prints the prefix of the package manager's command line; fails without permission.
privilege() {
    if [ "$(id -u)" = 0 ]; then
        echo env
    elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
        echo 'sudo -n env'
    else
        return 1
    fi
}

# Prints one line for each installed package. Never removes an installed package.
install_packages() {
    case $family in
    debian)
        $as DEBIAN_FRONTEND=noninteractive apt-get update -qq -o DPkg::Lock::Timeout=300 || say 'apt-get update failed; continuing'
        $as DEBIAN_FRONTEND=noninteractive apt-get install -y -q -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 --no-remove --no-install-recommends "$@" |
            sed -un -e 's/^Setting up \(.*\) \.\.\.$/install: installed \1/p' -e '/^Need to get /s/^/install: /p'
        ;;
    fedora) $as dnf install -y "$@" | sed -un -e 's/^  Installing *: \(.*[^ ]\)  *[0-9]*\/[0-9]* *$/install: installed \1/p' -e '/^Total download size/s/^/install: /p' ;;
    esac >&2
}

sets="$*"
known=$(sed -nE 's/^([a-z0-9]+)\??[[:space:]].*/\1/p' "$here/debian.txt" | sort -u)
for set in "$@"; do
    grep -qxF -- "$set" <<<"$known" || sets=''
done
if [ -z "$sets" ]; then
    echo "usage: $0 SET..., of $(tr '\n' ' ' <<<"$known")" >&2
    exit 2
fi

family=$(family)
if [ -z "$family" ]; then
    say "installed packages are not known here; see $here/debian.txt for what is needed"
    exit 0
fi

rows=$(wanted)
[ -n "$rows" ] || exit 0
# shellcheck disable=SC2046  # package names have no spaces
missing=$(not_installed $(awk '{print $2}' <<<"$rows"))
[ -n "$missing" ] || exit 0
needed='' optional=''
for package in $missing; do
    if grep -qE "^[a-z]+\? $(sed 's/[+.]/\\&/g' <<<"$package")\$" <<<"$rows"; then
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
    say "continuing without these, some tests will be skipped:$optional"
    exit 0
fi
say 'not installed (no root, no sudo without password, or DECON_INSTALL=no). Run:'
say "    sudo $manager$needed$optional"
exit 1
