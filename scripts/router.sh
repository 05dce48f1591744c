# shellcheck shell=bash
# The router that a shop, and every test of one, stands behind. Sourced by ./mercato.

readonly tools=${MERCATO_DATA:-$root/.mercato}/tools
gently=(env) # how to run a build beside the router's; `env` changes nothing

# beside_the_router COMMAND ...: runs it, and has a router afterwards. Where that must be built from source the two builds
# share the cores: the router's has the longer way and goes first, the command takes what it leaves.
beside_the_router() {
    local status=0 router_job log=$tools/router-build.log
    APOLLO_ROUTER=$("$root/router/install.sh" --no-build "$tools") || status=$?
    export APOLLO_ROUTER
    case $status in
        0)
            "$@"
            return
            ;;
        3) ;;
        *) exit "$status" ;;
    esac
    if ! memory_for_two_builds; then
        APOLLO_ROUTER=$("$root/router/install.sh" --build "$tools")
        "$@"
        return
    fi
    say "building Apollo Router at the same time; it tells its progress in $log"
    set -m
    "$root/router/install.sh" --build "$tools" </dev/null >"$tools/router-path" 2>"$log" &
    router_job=$!
    set +m
    jobs+=("$router_job")
    gently=(nice -n 5)
    "$@"
    wait_for_router "$router_job" "$log"
}

# wait_for_router JOB LOG
wait_for_router() {
    local status=0 progress
    if kill -0 "$1" 2>/dev/null; then say "waiting for the router's build"; fi
    set -m
    tail -n 1 -f "$2" >&2 &
    set +m
    progress=$!
    jobs+=("$progress")
    wait "$1" || status=$?
    kill "$progress"
    wait "$progress" 2>/dev/null || true
    [[ $status -eq 0 ]] || fail "there is no router; what its build said is in $2"
    APOLLO_ROUTER=$(<"$tools/router-path")
    rm -f "$tools/router-path" "$2"
}

# The router takes 4 GB at its peak, two of our crates at a time take 1.7 GB each.
memory_for_two_builds() {
    [[ ! -r /proc/meminfo ]] || awk '/^MemAvailable:/ { enough = $2 > 8 * 1000 * 1000 } END { exit !enough }' /proc/meminfo
}
