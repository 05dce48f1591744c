# shellcheck shell=bash
# The tests, and the attacks. Sourced by ./mercato.

failed=      # whether any part failed
with_times=  # whether to say how long each test took

# The named points at which the tests make a process die. No shop that sells has them.
readonly with_faults=(--features mercato/faults)

run_tests() {
    local quick=
    while :; do
        case ${1:-} in
            --quick) quick=yes ;;
            --times) with_times=yes ;;
            *) break ;;
        esac
        shift
    done
    if [[ -n $quick ]]; then
        room=$room_for_tests need compiler rust redis room
        prepare_tests
        quick_tests "$@"
    else
        room=$room_for_tests need compiler rust redis postgres node chromium room
        prepare_tests
        all_tests "$@"
    fi
    report
    [[ -z $failed ]]
}

prepare_tests() {
    cd "$root"
    on_the_way_out stop_tests
    work=$(mktemp -d "${TMPDIR:-/tmp}/mercato-test.XXXXXX")
}

quick_tests() {
    begin sqlite test_on sqlite --exclude system-tests "$@"
    follow sqlite "$job" || failed=yes
}

# The engines' tests wait for one another's disk and locks more than for a processor, so both run at once, and so does the
# build of the composer, which shares nothing with the rest.
all_tests() {
    local sqlite postgres examples composition
    begin composition test_composition
    composition=$job
    beside_the_router build_for_tests
    start_postgres
    begin sqlite test_on sqlite "$@"
    sqlite=$job
    begin postgres test_on postgres "$@"
    postgres=$job
    if has_examples; then begin examples cargo test --workspace --exclude compose --doc "${with_faults[@]}"; fi
    examples=$job
    say "testing on SQLite, and beside it on Postgres"
    follow sqlite "$sqlite" || failed=yes
    say "what the tests on Postgres said"
    follow postgres "$postgres" || failed=yes
    if has_examples; then follow examples "$examples" || failed=yes; fi
    say "composing the supergraph"
    follow composition "$composition" || failed=yes
}

# The system tests run the command itself, which cargo does not build for another package's tests. All targets, so that
# it is built with what the tests are built with, and nothing twice.
build_for_tests() {
    in_front build "${gently[@]}" cargo build --workspace --exclude compose --all-targets "${with_faults[@]}" ||
        fail "it does not build"
}

# Rustdoc reads every crate anew to look for examples in its documentation, also where there is none.
has_examples() { grep --recursive --quiet --include='*.rs' '^ *//[/!] *```' src subgraphs web-bff mail-catcher migrations; }

# test_on ENGINE CARGO-ARGUMENTS
test_on() {
    export MERCATO_TEST_ENGINE=$1
    shift
    local how=(--config "target.'cfg(all())'.runner = ['$root/scripts/test-runner']" --no-fail-fast)
    if [[ -n $with_times ]]; then
        export MERCATO_TEST_TIMES=yes
        cargo test --workspace --exclude compose --tests "${how[@]}" "${with_faults[@]}" "$@" -- -Zunstable-options --report-time
    else
        cargo test --workspace --exclude compose --tests "${how[@]}" "${with_faults[@]}" "$@"
    fi
}

test_composition() {
    nice -n 10 cargo test --profile compose --package compose &&
        nice -n 10 cargo run --profile compose --quiet --package compose -- --check
}

# Attacks are made on what would be sold, so on a release build; the faults apart.
run_chaos() {
    export MERCATO_TEST_ENGINE=sqlite
    if [[ ${1:-} == --postgres ]]; then
        MERCATO_TEST_ENGINE=postgres
        shift
        need postgres
    fi
    room=$room_for_shop need compiler rust redis room
    prepare_tests
    beside_the_router build_chaos
    [[ $MERCATO_TEST_ENGINE == sqlite ]] || start_postgres
    in_front chaos "$(dirname "$(built)")/chaos" "$@"
}

build_chaos() {
    in_front build "${gently[@]}" cargo build --release --package mercato --package system-tests --bins "${with_faults[@]}" ||
        fail "it does not build"
}

stop_tests() {
    local status=$?
    trap '' HUP INT TERM
    trap - EXIT
    stop_jobs
    stop_servers
    rm -rf "$work"
    exit "$status"
}

# Where the time went, and `N passed, N failed`, summed over every closing line of every runner.
report() {
    [[ -z $with_times ]] || slowest
    say "where the time went"
    awk -F '\t' '{ printf "%6.1f min %18s  %s\n", $2 / 60, $3 ? sprintf("%.1f of processor", seconds($3) / 60) : "", $1 }
        function seconds(text,  parts, n, i, total) {
            n = split(text, parts, /[ms ]+/)
            for (i = 1; i < n; i += 2) total += parts[i] * 60 + parts[i + 1]
            return total
        }' "${MERCATO_TEST_TOOK:-/dev/null}" "$work/took"
    awk '/^test result:/ { passed += $4; failed += $6; skipped += $8 }
        END { printf "%d passed, %d failed", passed, failed; if (skipped) printf ", %d skipped", skipped; print ""; exit !passed }' \
        "$work"/*.said || failed=yes
}

slowest() {
    local engine
    for engine in sqlite postgres; do
        [[ -r $work/$engine.said ]] || continue
        say "the slowest tests on $engine"
        awk '/Running / { crate = $NF; gsub(/^.*\/|-[0-9a-f]+\)$/, "", crate) }
            /^test .* <[0-9.]+s>$/ { took = $NF; gsub(/[<>s]/, "", took); printf "%8.1f s  %s %s\n", took, crate, $2 }' \
            "$work/$engine.said" | sort -rn | sed -n 1,15p
    done
}
