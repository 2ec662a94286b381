#!/usr/bin/env bash
# The scripts of third_party report what they do and remove nothing. Package managers and Go are stubs.
. "$(dirname "$0")/lib.sh"

# stub NAME: an executable on PATH with standard input as its text.
stub() {
    mkdir -p "$T/bin"
    { echo '#!/usr/bin/env bash' && cat; } >"$T/bin/$1"
    chmod +x "$T/bin/$1"
}

# A Debian without the packages of $T/absent. apt-get appends its arguments to $T/apt.
stub_debian() {
    grep -qE '^ID(_LIKE)?=.*debian' /etc/os-release || {
        echo 'Debian only'
        exit 77
    }
    cp -r "$top/third_party" "$T/third_party"
    touch "$T/absent"
    stub dpkg-query <<<'shift 3; for name; do grep -qxF "$name" "'"$T"'/absent" || echo "ii  $name"; done'
    stub id <<<'echo 0'
    stub apt-get <<STUB
echo "\$@" >>"$T/apt"
[ "\$1" = install ] || exit 0
echo 'Reading package lists...'
echo 'Need to get 12.3 MB of archives.'
[ ! -e "$T/refuse" ] || { echo 'E: Packages need to be removed but remove is disabled.' >&2; exit 100; }
for name; do case \$name in -*|install|*::*) ;; *) echo "Setting up \$name (1.0-1) ..." ;; esac; done
STUB
    PATH=$T/bin:$PATH
}

test_packages_are_installed_without_removing_any_and_each_is_named() {
    stub_debian
    printf '%s\n' zlib1g-dev libzstd-dev >"$T/absent"
    "$T/third_party/install.sh" build 2>"$T/said"
    grep -q '^install .*--no-remove .*zlib1g-dev libzstd-dev$' "$T/apt" || fail "apt-get $(cat "$T/apt")"
    grep -qx 'install: missing: zlib1g-dev libzstd-dev' "$T/said" || fail "$(cat "$T/said")"
    grep -q '^install: Need to get 12.3 MB' "$T/said" || fail "$(cat "$T/said")"
    grep -qx 'install: installed zlib1g-dev (1.0-1)' "$T/said" || fail "$(cat "$T/said")"
    grep -qx 'install: installed libzstd-dev (1.0-1)' "$T/said" || fail "$(cat "$T/said")"
}

test_a_refusal_to_remove_ends_with_the_packages_to_install() {
    stub_debian
    echo zlib1g-dev >"$T/absent"
    touch "$T/refuse"
    ! "$T/third_party/install.sh" build 2>"$T/said" || fail 'status 0'
    grep -q 'remove is disabled' "$T/said" && grep -q 'try again: zlib1g-dev' "$T/said" || fail "$(cat "$T/said")"
}

test_every_set_of_the_list_is_known_and_no_other() {
    local set
    stub_debian
    for set in $(sed -nE 's/^([a-z0-9]+)\??[[:space:]].*/\1/p' "$T/third_party/debian.txt" | sort -u); do
        "$T/third_party/install.sh" "$set" 2>"$T/said" || fail "$set: $(cat "$T/said")"
    done
    status=0
    "$T/third_party/install.sh" build nothing 2>"$T/said" || status=$?
    expect_status 2
    grep -q '^usage: .* build .*test' "$T/said" || fail "$(cat "$T/said")"
}

# dpkg-buildpackage ends where one is missing; build-essential is needed by every package and not named in control.
test_what_debian_packages_are_built_with_is_in_the_lists() {
    local package
    { echo build-essential; sed -n '/^Build-Depends:/,/^$/p' "$top/deploy/packages/debian/control" | sed 's/^Build-Depends://' |
        tr ',' '\n' | sed 's/|.*//; s/(.*//; s/ //g; s/^debhelper-compat$/debhelper/; /^dh-sequence/d; /^$/d'; } >"$T/needed"
    [ "$(wc -l <"$T/needed")" -ge 10 ] || fail "$(cat "$T/needed")"
    while read -r package; do
        awk -v name="$package" '($1 == "build" || $1 == "package") { split($2, names, "|"); if (names[1] == name) found = 1 }
            END { exit !found }' "$top/third_party/debian.txt" || fail "third_party/debian.txt has no $package"
    done <"$T/needed"
}

test_another_make_of_libcurl_is_enough() {
    stub_debian
    echo libcurl4-openssl-dev >"$T/absent"
    "$T/third_party/install.sh" build 2>"$T/said"
    [ ! -e "$T/apt" ] && [ ! -s "$T/said" ] || fail "$(cat "$T/said")"
    echo libcurl4-gnutls-dev >>"$T/absent"
    ! DECON_INSTALL=no "$T/third_party/install.sh" build 2>"$T/said" || fail 'status 0'
    grep -qx 'install:     sudo apt-get install libcurl4-openssl-dev' "$T/said" || fail "$(cat "$T/said")"
}

test_the_newest_installed_version_of_a_tool_is_taken() {
    local name
    for name in lint lint-9 lint-14 lint-format-19 lint-old; do
        stub "$name" <<<exit
    done
    PATH=$T/bin:$PATH
    [ "$("$top/third_party/newest.sh" lint)" = lint-14 ] || fail 'not 14'
    [ "$("$top/third_party/newest.sh" lint-format)" = lint-format-19 ] || fail 'not 19'
    rm "$T"/bin/lint-{9,14}
    [ "$("$top/third_party/newest.sh" --find lint)" = lint ] || fail 'not without a version'
    rm "$T/bin/lint"
    ! "$top/third_party/newest.sh" --find lint || fail 'found'
    # A package whose command has a version in its name is not installed again.
    stub_debian
    printf '%s\n' clang clang-format >"$T/absent"
    stub clang-14 <<<exit
    stub clang-format-19 <<<exit
    "$T/third_party/install.sh" check 2>"$T/said"
    [ ! -e "$T/apt" ] || fail "apt-get $(cat "$T/apt")"
}

# curl 8.14 refuses both options together; older versions do not report it.
test_requests_that_curl_signs_go_without_path_as_is() {
    stub curl <<<'echo "$@" >>"'"$T"'/asked"; touch "'"$T"'/head" "'"$T"'/body"; printf 200'
    PATH=$T/bin:$PATH
    . "$top/tests/e2e/ask.sh"
    export AWS_ENDPOINT_URL=http://127.0.0.1:1
    ask GET /a/../b --aws-sigv4 aws:amz:us-east-1:s3 --user a:b
    ask GET /a/../b
    [ "$(grep -c -e --path-as-is "$T/asked")" = 1 ] || fail "$(cat "$T/asked")"
    ! grep -e --aws-sigv4 "$T/asked" | grep -e --path-as-is || fail 'both'
    ! grep -rlE -e '--path-as-is.*--aws-sigv4|--aws-sigv4.*--path-as-is' "$top/tests" --include='*.sh' |
        grep -vE '/(ask|test_third_party)\.sh$' || fail 'both in a script'
}

# The stub of Go keeps building until $T/go-on exists.
test_a_long_build_reports_its_progress() {
    stub go <<STUB
case \$1 in
version) echo 'go version go1.99.1 linux/amd64' ;;
install)
    echo 'go: downloading example.org/one v1.0.0' >&2
    printf '%s\n' one/a one/b one/c >&2
    while [ ! -e "$T/go-on" ]; do sleep 0.05; done
    mkdir -p "\$GOBIN" && echo >"\$GOBIN/minio" && chmod +x "\$GOBIN/minio" ;;
esac
STUB
    # Without a MinIO on PATH.
    (
        PATH=$T/bin:/usr/bin:/bin DECON_CACHE=$T/cache DECON_PROGRESS_S=1 MINIO='' exec "$top/third_party/minio.sh"
    ) >"$T/path" 2>"$T/build.log" &
    started+=($!)
    wait_for grep -q 's: 1 modules fetched, 3 packages compiled' "$T/build.log"
    touch "$T/go-on"
    wait_exit "${started[-1]}"
    [ "$status" = 0 ] && [ -x "$(cat "$T/path")" ] || fail "status $status: $(cat "$T/build.log")"
    grep -q '^minio: built .* in [0-9]* s$' "$T/build.log" || fail "$(cat "$T/build.log")"
}

run_tests
