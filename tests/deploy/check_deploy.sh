#!/usr/bin/env bash
# The files of deploy/ against the tools of their systems: systemd-analyze, Kubernetes' schemas, the
# parameters of AWS Batch, the options of poormanray. Not part of `make test`: make check-deploy.
. "$(dirname "$0")/../e2e/lib.sh"
deploy=$top/deploy
kubernetes_version=1.33.0

test_units_are_valid() {
    local unit
    # The programs and manual pages that units name need not be installed here.
    for unit in server orchestrator; do
        sed -E 's|^ExecStart=[^ ]*|ExecStart=/bin/true|; /^Documentation=/d' "$deploy/systemd/decon-$unit.service" \
            >"$T/decon-$unit.service"
    done
    systemd-analyze verify "$T"/decon-*.service 2>"$T/said" || fail "$(cat "$T/said")"
    [ ! -s "$T/said" ] || fail "$(cat "$T/said")"
}

test_units_have_little_exposure() {
    local unit
    for unit in server orchestrator; do
        systemd-analyze security --offline=yes --threshold=20 --no-pager "$deploy/systemd/decon-$unit.service" >"$T/said" ||
            fail "$(tail -n 1 "$T/said")"
    done
}

test_manifests_match_the_schemas_of_kubernetes() {
    local python
    python=$("$top/third_party/python_packages.sh" deploy kubernetes-validate==1.37.0 botocore==1.40.0)
    "$python/bin/kubernetes-validate" --strict -k "$kubernetes_version" "$deploy"/kubernetes/*.yaml >"$T/said" 2>&1 ||
        fail "$(cat "$T/said")"
    ! grep -q ERROR "$T/said" || fail "$(cat "$T/said")"
}

test_the_job_definition_has_the_parameters_of_aws_batch() {
    local python
    python=$("$top/third_party/python_packages.sh" deploy kubernetes-validate==1.37.0 botocore==1.40.0)
    "$python/bin/python" - "$deploy/aws-batch/job_definition.json" >"$T/said" 2>&1 <<'PYTHON' || fail "$(cat "$T/said")"
import json
import sys

import botocore.session
from botocore.validate import ParamValidator

shape = (
    botocore.session.get_session()
    .get_service_model("batch")
    .operation_model("RegisterJobDefinition")
    .input_shape
)
with open(sys.argv[1]) as file:
    definition = json.load(file)


def unknown(value, shape, path):
    """Names that botocore's check of types omits."""
    if shape.type_name == "structure":
        for name, member in value.items():
            if name not in shape.members:
                yield f"{path}.{name}"
            else:
                yield from unknown(member, shape.members[name], f"{path}.{name}")
    elif shape.type_name == "list":
        for member in value:
            yield from unknown(member, shape.member, path)


report = ParamValidator().validate(definition, shape)
names = list(unknown(definition, shape, ""))
if report.has_errors() or names:
    sys.exit(f"{report.generate_report()} unknown: {names}")
PYTHON
}

test_the_commands_of_poormanray_have_the_options_that_are_used() {
    local python verb option count=0
    python=$("$top/third_party/python_packages.sh" poormanray poormanray==1.5.0)
    # "create --name": each command with each of its options; quoted text is an argument.
    sed -e ':a' -e '/\\$/N; s/\\\n//; ta' -e 's/"[^"]*"//g' "$deploy/poormanray/fleet.sh" |
        awk '$1 == "pmr" {for (i = 3; i <= NF; i++) if ($i ~ /^--/) print $2, $i} /--script/ {print "map --script"}' |
        sort -u >"$T/options"
    while read -r verb option; do
        "$python/bin/pmr" "$verb" --help >"$T/help" || fail "pmr $verb"
        grep -qE -- "(^|[ /])$option( |\$)" "$T/help" || fail "pmr $verb has no $option"
        count=$((count + 1))
    done <"$T/options"
    [ "$count" -ge 10 ] || fail "only $count options: $(cat "$T/options")"
}

run_tests
