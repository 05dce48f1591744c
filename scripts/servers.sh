# shellcheck shell=bash
# Servers for the tests, gone after them. Sourced by ./mercato.

servers=() # what to stop at the end
port=      # where the server that is starting listens

stop_servers() {
    local server
    for server in ${servers[@]+"${servers[@]}"}; do
        kill -INT "$server" 2>/dev/null || true
        wait "$server" 2>/dev/null || true
    done
}

# on_some_port START: sets `port`, below those that the kernel gives out by itself, and tries again where it is taken.
on_some_port() {
    local attempts=5
    while ((attempts-- > 0)); do
        port=$((20000 + RANDOM % 10000))
        ! port_answers && "$@" && return
    done
    fail "$1 failed: $(tail -n 3 "$work"/*.log)"
}

port_answers() { (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; }

start_postgres() {
    local bin
    bin=$(postgres_bin)
    mkdir "$work/postgres"
    [[ $EUID -ne 0 ]] || be_unprivileged
    cd "$work/postgres"
    "${unprivileged[@]}" "$bin/initdb" --pgdata "$work/postgres/data" --username postgres --auth trust \
        --encoding UTF8 --locale C --no-sync >"$work/initdb.log" 2>&1 || fail "initdb: $(cat "$work/initdb.log")"
    on_some_port postgres_up "$bin"
    cd "$root"
    export MERCATO_TEST_POSTGRES=postgres://postgres@127.0.0.1:$port/postgres
}

# Postgres refuses to run as root. `env` changes nothing and, like `setpriv`, gives its process to the command.
unprivileged=(env)
be_unprivileged() {
    local user=nobody
    ! id postgres >/dev/null 2>&1 || user=postgres
    unprivileged=(setpriv --reuid "$user" --regid "$(id -g "$user")" --clear-groups)
    chmod 711 "$work"
    chown "$user" "$work/postgres"
}

# Nothing here outlives the run, so nothing waits for the disk.
postgres_up() {
    "${unprivileged[@]}" "$1/postgres" -D "$work/postgres/data" -h 127.0.0.1 -p "$port" -k "$work/postgres" \
        -c max_connections=900 -c fsync=off -c synchronous_commit=off -c full_page_writes=off >"$work/postgres.log" 2>&1 &
    came_up $! env "PATH=$1:$PATH" pg_isready --quiet --host 127.0.0.1 --port "$port" --username postgres
}

# came_up PROCESS PROBE: waits until the probe answers, for as long as the process lives.
came_up() {
    local process=$1
    shift
    servers+=("$process")
    while kill -0 "$process" 2>/dev/null; do
        "$@" >/dev/null 2>&1 && return
        sleep 0.1
    done
    return 1
}
