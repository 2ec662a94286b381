#!/usr/bin/env bash
# The Debian packages: lintian; then installed, used, and purged in fresh systems of Debian 12 and 13 (SUITES). Needs
# root, debootstrap and the package mirror (MIRROR: another one). Not part of `make test`: make check-deb.
. "$(dirname "$0")/lib.sh"
debs=$packages/deb
roots=$packages/roots
read -ra suites <<<"${SUITES:-bookworm trixie}"

test_lintian_has_no_objections() {
    lintian --allow-root --fail-on error,warning "$debs"/*.changes >"$T/said" 2>&1 || fail "$(cat "$T/said")"
    # Overrides would hide some.
    [ -z "$(find "$top/deploy/packages/debian" -name '*lintian-overrides*')" ] || fail 'there are overrides'
}

test_copyright_says_that_no_licence_was_chosen() {
    local deb
    for deb in "$debs"/{decon,decon-s3,libdecon-dev}_*.deb; do
        dpkg-deb --fsys-tarfile "$deb" | tar -xO --wildcards './usr/share/doc/*/copyright' >"$T/copyright"
        grep -q 'No licence has been chosen' "$T/copyright" && grep -q 'cl100k_base.tiktoken.xz' "$T/copyright" || fail "$deb"
    done
}

# fresh SUITE: a copy of a new system in $root; the system itself is made once.
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
    mkdir "$root/tmp/debs" && cp "$debs"/*.deb "$root/tmp/debs"
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

# A program that is built against libdecon-dev.
build_example() {
    apt install gcc libc6-dev pkg-config '/tmp/debs/libdecon-dev_*.deb'
    inside "$root" sh -c 'cc /usr/share/doc/libdecon-dev/examples/count_lines.c* $(pkg-config --cflags --libs decon-compression) -o /tmp/count_lines &&
        cc /usr/share/doc/libdecon-dev/examples/s3_get.c $(pkg-config --cflags --libs decon-s3) -o /tmp/s3_get &&
        /tmp/count_lines /tmp/in/part-01.jsonl' >"$T/out" 2>&1 || fail "$(tail -n 5 "$T/out")"
    [ "$(cat "$T/out")" = 40 ] || fail "count_lines: $(cat "$T/out")"
}

install_use_and_purge() {
    needs_root
    fresh "$1"
    apt install '/tmp/debs/decon_*.deb /tmp/debs/decon-s3_*.deb'
    inside "$root" sh -c 'decon --version && decon-orchestrator --version && decon-s3 --version && decon-server --version' >"$T/out"
    [ "$(stat -c '%a %U' "$root/var/lib/decon")" = "750 $(stat -c %U "$root/var/lib/decon/evals")" ] || fail "$(stat "$root/var/lib/decon")"
    inside "$root" getent passwd decon >"$T/passwd" || fail 'no user decon'
    [ ! -e "$root/etc/systemd/system/multi-user.target.wants/decon-server.service" ] || fail 'the unit is enabled before it is set up'
    use
    build_example
    apt purge decon decon-s3 libdecon-dev
    files >"$T/left"
    ! grep -E 'decon' "$T/left" | grep -vE '^\./var/lib/decon(/|$)' >"$T/said" || fail "left after purge: $(cat "$T/said")"
    # Evaluation sets are the user's.
    [ -s "$root/var/lib/decon/evals/harbour-quiz.jsonl" ] || fail 'purge removed data of the user'
}

# Packages that were never used leave nothing behind.
purge_of_unused_packages() {
    needs_root
    fresh "$1"
    apt install '/tmp/debs/decon_*.deb'
    apt purge decon
    ! files | grep decon >"$T/said" || fail "left after purge: $(cat "$T/said")"
}

test_debian_12() {
    [[ " ${suites[*]} " == *' bookworm '* ]] || { echo 'not in SUITES'; exit 77; }
    install_use_and_purge bookworm
}

test_debian_12_purged_unused() {
    [[ " ${suites[*]} " == *' bookworm '* ]] || { echo 'not in SUITES'; exit 77; }
    purge_of_unused_packages bookworm
}

test_debian_13() {
    [[ " ${suites[*]} " == *' trixie '* ]] || { echo 'not in SUITES'; exit 77; }
    install_use_and_purge trixie
}

run_tests
