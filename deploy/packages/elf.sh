# shellcheck shell=bash
# Shared by the scripts of this folder: the shared libraries that programs load, and their packages.
#
# SYSROOT: the root of another system's files, such as arm64's (deploy/packages/sysroot.sh); empty: this one.
# OWN_LIBRARIES: a folder of libraries that replace those of the system.

# Prints the machine of the file $1 as `uname -m` does.
machine_of() {
    if readelf -h "$1" | grep -q AArch64; then echo aarch64; else echo x86_64; fi
}

# Prints the folders of libraries for the machine of the file $1.
library_folders() {
    [ -z "${OWN_LIBRARIES:-}" ] || echo "$OWN_LIBRARIES"
    printf '%s\n' "${SYSROOT:-}"/{usr/lib,lib}/"$(machine_of "$1")-linux-gnu" "${SYSROOT:-}"/{usr/lib64,lib64,usr/lib,lib}
}

# Prints the names of the libraries that the file $1 needs.
needed() {
    readelf -d "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]$/\1/p'
}

# libraries FILE...: "NAME PATH", sorted, of each library that the files load, those of libraries included.
libraries() {
    local folders file name folder
    local -A path=()
    local -a queue=("$@")
    mapfile -t folders < <(library_folders "$1")
    while [ ${#queue[@]} -gt 0 ]; do
        file=${queue[0]} queue=("${queue[@]:1}")
        for name in $(needed "$file"); do
            [ -z "${path[$name]:-}" ] || continue
            for folder in "${folders[@]}"; do
                [ ! -e "$folder/$name" ] || { path[$name]=$folder/$name; break; }
            done
            [ -n "${path[$name]:-}" ] || { echo "$file: the library $name is not installed" >&2; return 1; }
            queue+=("${path[$name]}")
        done
    done
    for name in "${!path[@]}"; do
        echo "$name ${path[$name]}"
    done | LC_ALL=C sort
}

# Succeeds for the parts of glibc, which belong to the system that runs the programs.
is_glibc() {
    case $1 in
    ld-linux*.so.* | libc.so.* | libm.so.* | libmvec.so.* | libresolv.so.* | libanl.so.*) return 0 ;;
    libdl.so.* | libpthread.so.* | librt.so.* | libutil.so.*) return 0 ;;
    esac
    return 1
}

# owners PATH...: "PATH PACKAGE VERSION" of each file of a Debian package.
owners() {
    if [ -n "${SYSROOT:-}" ]; then
        local file
        for file; do
            awk -v file="$(realpath "$file" | sed "s|^$(realpath "$SYSROOT")||")" -v shown="$file" \
                '$1 == file { print shown, $2, $3; exit }' "$SYSROOT/owners.txt"
        done
        return
    fi
    command -v dpkg-query >/dev/null || return 0
    local file real found
    for file; do
        real=$(realpath "$file")
        # Packages from before /lib became a link name their files below /lib.
        found=$(dpkg-query -S "$real" 2>/dev/null || dpkg-query -S "${real#/usr}" 2>/dev/null) || continue
        echo "$file $(dpkg-query -W -f '${Package} ${Version}\n' "${found%%: *}" | head -n 1)"
    done
}

# Prints the newest version of glibc that the files need, such as 2.34.
glibc_needed() {
    local file
    for file; do
        readelf -W --dyn-syms "$file"
    done | grep -oE '@GLIBC_[0-9.]+' | sed 's/.*_//' | sort -Vu | tail -n 1
}
