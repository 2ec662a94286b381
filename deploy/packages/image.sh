#!/usr/bin/env bash
# Builds an OCI image from the folder of tarball.sh, without a container engine: one layer with the programs,
# their libraries, glibc and this system's certificate authorities; no shell; user 10001. Prints the image's digest.
#   deploy/packages/image.sh VERSION FOLDER ARCHIVE
# ARCHIVE is an OCI layout in a tar file, for `podman load -i`, `skopeo copy oci-archive:` and others; the layout itself
# is beside it, without `.tar`. SOURCE_DATE_EPOCH: the date of all files and of the image. SYSROOT:
# see elf.sh. CA_BUNDLE: the certificate authorities.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/elf.sh"
[ $# = 3 ] || { echo "usage: $0 VERSION FOLDER ARCHIVE" >&2; exit 2; }
version=$1 folder=$2 archive=$3 layout=${3%.tar}
ca_bundle=${CA_BUNDLE:-/etc/ssl/certs/ca-certificates.crt}
user=10001
umask 022 # modes of files in the image do not depend on the builder's umask
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root

# The dynamic linker has the path that the programs name, the other parts of glibc are in its default folder /usr/lib.
add_glibc() {
    local name path loader
    loader=$(readelf -lW "$folder/bin/decon" | sed -n 's/.*program interpreter: \(.*\)\]$/\1/p')
    while read -r name path; do
        is_glibc "$name" || continue
        [ "/${name}" != "/${loader##*/}" ] || continue
        install -m 755 "$(realpath "$path")" "$root/usr/lib/$name"
    done < <(libraries "$folder"/bin/decon "$folder"/bin/decon-s3 "$folder"/bin/decon-orchestrator)
    install -D -m 755 "$(realpath "${SYSROOT:-}$loader")" "$root/usr$loader"
    [ "${loader%/*}" = /lib ] || ln -s "usr${loader%/*}" "$root${loader%/*}"
    ln -s usr/lib "$root/lib"
    ln -s usr/bin "$root/bin"
}

add_system_files() {
    install -d "$root/etc/ssl/certs" "$root/var/lib/decon" "$root/tmp"
    printf 'root:x:0:0:root:/:/nologin\ndecon:x:%s:%s:decon:/var/lib/decon:/nologin\n' $user $user >"$root/etc/passwd"
    printf 'root:x:0:\ndecon:x:%s:\n' $user >"$root/etc/group"
    echo 'hosts: files dns' >"$root/etc/nsswitch.conf"
    install -m 644 "$ca_bundle" "$root/etc/ssl/certs/ca-certificates.crt"
    chmod 1777 "$root/tmp"
}

# Paths in order, without names of users and with one date.
pack() {
    tar --sort=name --format=gnu --numeric-owner --mtime="@$SOURCE_DATE_EPOCH" "$@"
}

write_layer() {
    pack --owner=0 --group=0 --exclude=./var/lib/decon -C "$root" -cf "$work/layer.tar" .
    pack --owner=$user --group=$user -C "$root" -rf "$work/layer.tar" ./var/lib/decon
}

# blob FILE: copies it into the layout; prints `"digest": ..., "size": ...`.
blob() {
    local sum
    sum=$(sha256sum "$1" | cut -c1-64)
    printf '"digest": "sha256:%s", "size": %s' "$sum" "$(stat -c %s "$1")"
    mv "$1" "$layout.part/blobs/sha256/$sum"
}

write_config() {
    local date
    date=$(date -u -d "@$SOURCE_DATE_EPOCH" +%Y-%m-%dT%H:%M:%SZ)
    cat >"$work/config" <<JSON
{
  "created": "$date", "architecture": "$architecture", "os": "linux",
  "config": {
    "User": "$user:$user", "Env": ["PATH=/usr/bin"], "Cmd": ["decon", "--help"], "WorkingDir": "/var/lib/decon",
    "Labels": {"org.opencontainers.image.title": "decon", "org.opencontainers.image.version": "$version"}
  },
  "rootfs": {"type": "layers", "diff_ids": ["sha256:$(sha256sum "$work/layer.tar" | cut -c1-64)"]},
  "history": [{"created": "$date", "created_by": "deploy/packages/image.sh"}]
}
JSON
}

write_manifest() {
    local layer config
    config=$(blob "$work/config")
    gzip -n9 "$work/layer.tar"
    layer=$(blob "$work/layer.tar.gz")
    cat >"$work/manifest" <<JSON
{
  "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
  "config": {"mediaType": "application/vnd.oci.image.config.v1+json", $config},
  "layers": [{"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", $layer}]
}
JSON
}

architecture=amd64
[ "$(machine_of "$folder/bin/decon")" != aarch64 ] || architecture=arm64
install -d "$root/usr"
cp -r "$folder/bin" "$folder/lib" "$folder/share" "$root/usr"
add_glibc
add_system_files
write_layer
rm -rf "$layout.part" "$layout"
mkdir -p "$layout.part/blobs/sha256"
write_config
write_manifest
manifest=$(blob "$work/manifest")
printf '{"schemaVersion": 2, "manifests": [{"mediaType": "application/vnd.oci.image.manifest.v1+json", %s, "annotations": {"org.opencontainers.image.ref.name": "%s"}}]}\n' \
    "$manifest" "$version" >"$layout.part/index.json"
echo '{"imageLayoutVersion": "1.0.0"}' >"$layout.part/oci-layout"
mv "$layout.part" "$layout"
pack --owner=0 --group=0 -C "$layout" -cf "$archive" .
sed 's/.*"\(sha256:[0-9a-f]*\)".*/\1/' <<<"$manifest"
