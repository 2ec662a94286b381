#!/usr/bin/env bash
# decon-s3 and the main job against the Ceph Object Gateway of the distribution, on a cluster of one monitor and one object
# server that keeps its objects in memory. Not part of `make test`: make check-stores.
. "$(dirname "$0")/../e2e/lib.sh"
. "$(dirname "$0")/stores.sh"
export AWS_ACCESS_KEY_ID=ceph-trial AWS_SECRET_ACCESS_KEY=ceph-trial-secret
radosgw=$("$top/third_party/ceph.sh") || no_store 'the Ceph Object Gateway'
start_real=start_ceph
hard_keys=('a b' 'a+b' 'a%41b' 'a#b' 'a?b' 'ä € 😀' "quote'\"" 'a=b&c' 'tilde~' 'star*' 'a;b,c@d!$' '[x]{y}' 'back\slash'
    $'no\u00a0break' $'wide\u3000space' '~tilde' ' space ' 'deep/er/path')
store_lacks=(
    [test_objects_carry_a_checksum_of_all_their_bytes]='Ceph 16 keeps no checksum but the ETag'
    [test_copies_with_other_tags]='Ceph 16 ignores the tags of CopyObject'
    [test_tags_of_an_upload_in_parts]='Ceph 16 drops the tags of CreateMultipartUpload'
)

write_ceph_conf() { # MON-PORT
    cat >"$T/ceph.conf" <<INI
[global]
fsid = 11111111-2222-4333-8444-555555555555
mon host = v2:127.0.0.1:$1
public addr = 127.0.0.1
cluster addr = 127.0.0.1
keyring = $T/ceph/keyring
run dir = $T/ceph
admin socket = $T/ceph/\$name.asok
pid file = $T/ceph/\$name.pid
log file = $T/ceph/\$name.log
crash dir = $T/ceph
mon data = $T/ceph/mon
osd data = $T/ceph/osd
osd objectstore = memstore
memstore device bytes = 2147483648
osd crush chooseleaf type = 0
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pgp num = 1
osd pool default pg autoscale mode = off
rgw rados pool pg num min = 1
mon allow pool size one = true
mon max pg per osd = 1000
INI
}

ceph_daemon() { # PROGRAM OPTION...
    "$@" -c "$T/ceph.conf" -f >>"$T/ceph/started.log" 2>&1 &
    started+=("$!")
}

# One file with the keys of all daemons; the monitor reads it when it is made.
make_keyring() {
    local keyring=$T/ceph/keyring
    ceph-authtool --create-keyring --gen-key -n mon. --cap mon 'allow *' "$keyring" >"$T/ceph/made.log"
    ceph-authtool --gen-key -n client.admin --cap mon 'allow *' --cap osd 'allow *' --cap mgr 'allow *' "$keyring" >>"$T/ceph/made.log"
    ceph-authtool --gen-key -n osd.0 --cap mon 'allow profile osd' --cap osd 'allow *' "$keyring" >>"$T/ceph/made.log"
}

start_ceph() {
    local ports
    mkdir -p "$T/ceph/mon" "$T/ceph/osd"
    free_ports 2
    write_ceph_conf "${ports[0]}"
    make_keyring
    monmaptool --create --fsid 11111111-2222-4333-8444-555555555555 --addv a "[v2:127.0.0.1:${ports[0]}]" "$T/ceph/monmap" >>"$T/ceph/made.log" 2>&1
    ceph-mon -c "$T/ceph.conf" --mkfs -i a --monmap "$T/ceph/monmap" --keyring "$T/ceph/keyring" >>"$T/ceph/made.log" 2>&1
    ceph_daemon ceph-mon -i a
    wait_for timeout 60 ceph -c "$T/ceph.conf" osd new 66666666-7777-4888-8999-aaaaaaaaaaaa
    ceph-osd -c "$T/ceph.conf" -i 0 --mkfs --osd-uuid 66666666-7777-4888-8999-aaaaaaaaaaaa >>"$T/ceph/made.log" 2>&1
    ceph_daemon ceph-osd -i 0
    radosgw-admin -c "$T/ceph.conf" user create --uid trial --display-name trial --access-key "$AWS_ACCESS_KEY_ID" \
        --secret-key "$AWS_SECRET_ACCESS_KEY" >>"$T/ceph/made.log" 2>&1
    ceph_daemon "$radosgw" -n client.admin --rgw-frontends "beast endpoint=127.0.0.1:${ports[1]}"
    store=$!
    AWS_ENDPOINT_URL=http://127.0.0.1:${ports[1]}
    export AWS_ENDPOINT_URL
    wait_for s3 mb s3://ready
}

run_tests "$0" "$(dirname "$0")/stores.sh"
