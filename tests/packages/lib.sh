# shellcheck shell=bash
# Shared by the tests of packages, in addition to the library of the end-to-end tests: roots of
# other systems, in which commands run. Environment: PACKAGES, the folder of the packages.
. "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"
packages=$(realpath "${PACKAGES:-$top/build/packages}")
. "$top/deploy/packages/elf.sh"
unset BIN

needs_root() {
    [ "$(id -u)" = 0 ] || { echo 'needs root (chroot)'; exit 77; }
}

# inside ROOT WORD...: runs a command in this root, with an empty environment, and with /proc and
# /dev of this system while it runs.
inside() {
    local root=$1
    shift
    mkdir -p "$root/proc" "$root/dev"
    # shellcheck disable=SC2016  # for the inner shell
    unshare -m sh -c 'mount --make-rprivate / && mount -t proc proc "$0/proc" && mount --rbind /dev "$0/dev" && exec chroot "$0" "$@"' \
        "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
        "${inside_environment[@]}" "$@"
}
inside_environment=()

# bare ROOT WORD...: the same for a root without system programs: the environment is empty.
bare() {
    local root=$1
    shift
    mkdir -p "$root/proc" "$root/dev"
    # shellcheck disable=SC2016
    env -i PATH="$PATH" unshare -m sh -c 'mount --make-rprivate / && mount -t proc proc "$0/proc" && mount --rbind /dev "$0/dev" &&
        unset PWD OLDPWD SHLVL PATH && exec /usr/sbin/chroot "$0" "$@"' "$root" "$@"
}

# unpack_tarball FOLDER: sets $unpacked.
unpack_tarball() {
    local archive=("$packages"/decon-*-linux-"$(uname -m)".tar.gz)
    [ -e "${archive[0]}" ] || fail "no tarball in $packages: make tarball"
    mkdir -p "$1"
    tar -xzf "${archive[0]}" -C "$1"
    unpacked=$(echo "$1"/decon-*)
}

# glibc_of PROGRAM ROOT: copies glibc to the paths where the programs search for it.
glibc_of() {
    local name path loader
    loader=$(readelf -lW "$1" | sed -n 's/.*program interpreter: \(.*\)\]$/\1/p')
    install -D -m 755 "$loader" "$2$loader"
    while read -r name path; do
        if is_glibc "$name"; then install -D -m 755 "$path" "$2/usr/lib/$name"; fi
    done < <(libraries "$1")
}

# start_https: answers each request, over TLS, with a certificate signed by $T/https/ca.pem only; $https is its URL.
start_https() {
    local port
    mkdir -p "$T/https"
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=trial \
        -addext subjectAltName=IP:127.0.0.1 -keyout "$T/https/key.pem" -out "$T/https/ca.pem" >"$T/openssl.log" 2>&1
    openssl s_server -accept 127.0.0.1:0 -cert "$T/https/ca.pem" -key "$T/https/key.pem" -www >"$T/s_server.out" 2>&1 &
    started+=("$!")
    wait_for grep -q '^ACCEPT 127' "$T/s_server.out"
    port=$(sed -n 's/^ACCEPT 127.0.0.1:\([0-9]*\).*/\1/p' "$T/s_server.out")
    https=https://127.0.0.1:$port
}

roots=$packages/roots
# fresh SUITE FILE...: a copy of a new Debian in $root, with the files in /tmp/packages; the system itself is made once.
fresh() {
    if [ ! -e "$roots/$1.complete" ]; then
        rm -rf "${roots:?}/$1"
        mkdir -p "$roots"
        debootstrap --variant=minbase "$1" "$roots/$1" ${MIRROR:+"$MIRROR"} >"$T/debootstrap.log" 2>&1 || fail "$(tail -n 2 "$T/debootstrap.log")"
        touch "$roots/$1.complete"
    fi
    root=$T/root
    cp -a "$roots/$1" "$root"
    cp /etc/resolv.conf /etc/hosts "$root/etc/"
    inside_environment=(AWS_ACCESS_KEY_ID=a AWS_SECRET_ACCESS_KEY=b AWS_REGION=us-east-1)
    local name
    for name in http_proxy https_proxy no_proxy; do
        [ -z "${!name:-}" ] || inside_environment+=("$name=${!name}")
    done
    mkdir "$root/tmp/packages" && cp "${@:2}" "$root/tmp/packages"
    apt update
}

# apt WORD...: apt-get in the root, where shell patterns are expanded.
apt() {
    inside "$root" sh -c "apt-get -q -y --no-install-recommends $*" >>"$T/apt.log" 2>&1 || fail "apt-get $*: $(tail -n 5 "$T/apt.log")"
}

# files: every path below the root but those that change with each use of the package manager.
files() {
    (cd "$root" && find . -xdev \( -path ./proc -o -path ./dev -o -path ./tmp -o -path ./var/cache -o -path ./var/log -o -path ./var/lib/apt \
        -o -path ./var/lib/dpkg -o -path ./run \) -prune -o -print) | LC_ALL=C sort
}

as_decon() {
    inside "$root" setpriv --reuid decon --regid decon --clear-groups "$@"
}

# What the packages are for: the main job, with the files of /etc/decon, as the user decon.
use() {
    local data=$root/var/lib/decon
    inside "$root" sed -i 's|s3://BUCKET/training|s3://data/in|; s|s3://BUCKET|s3://data|; /^server_url/d' /etc/decon/orchestration.yaml
    cp -r "$samples/books" "$root/tmp/in"
    cp "$evals"/*.jsonl "$data/evals"
    as_decon decon-s3 serve --root /var/lib/decon/store --port 0 --port-file /var/lib/decon/store.port >"$T/store.log" 2>&1 &
    started+=("$!")
    as_decon decon server --config /etc/decon/server.yaml --port 0 --port-file /var/lib/decon/server.port >"$T/server.log" 2>&1 &
    started+=("$!")
    wait_for test -s "$data/store.port"
    wait_for test -s "$data/server.port"
    inside_environment+=("AWS_ENDPOINT_URL=http://127.0.0.1:$(cat "$data/store.port")")
    as_decon decon-s3 mb s3://data
    as_decon decon-s3 cp -r /tmp/in/ s3://data/in/
    as_decon decon-orchestrator --config /etc/decon/orchestration.yaml \
        --server-url "http://127.0.0.1:$(cat "$data/server.port")" >"$T/run.log" 2>&1 || fail "$(tail -n 3 "$T/run.log")"
    as_decon decon-s3 ls -r s3://data/ >"$T/keys"
    grep -q 'reports/part-01.report.jsonl' "$T/keys" && grep -q 'cleaned/part-01.clean.jsonl' "$T/keys" || fail "$(cat "$T/keys")"
    end_all
}
