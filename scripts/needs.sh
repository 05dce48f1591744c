# shellcheck shell=bash
# What Mercato needs of a machine, and how to get it. Sourced by ./mercato.
#
# For each NAME three functions: have_NAME asks whether it is there, lack_NAME notes how to get it, and without_NAME says
# what to do where that did not help.

readonly redis_at_least=6.2
# What the scripts want that drive a browser.
readonly node_at_least=20
rust_wanted=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' "$manifest")
readonly rust_wanted

# need NAME ...: installs all that is missing before anything long begins.
need() {
    local name
    for name in "$@"; do "have_$name" || "lack_$name"; done
    install_lacking || fail "please install what is missing, then run this again"
    for name in "$@"; do "have_$name" || fail "$("without_$name")"; done
}

have_compiler() { compiles; }
lack_compiler() {
    if [[ $(uname -s) == Darwin ]]; then fail "a C compiler is missing: run xcode-select --install, then this again"; fi
    lack "SQLite and the cryptography are compiled from C" "gcc libc6-dev" ""
}
without_compiler() { echo "cc compiles no C here: install a C compiler and the C library's headers, then run this again"; }

have_rust() {
    [[ ! -d $HOME/.cargo/bin || :$PATH: == *:$HOME/.cargo/bin:* ]] || PATH=$PATH:$HOME/.cargo/bin
    { has cargo && has rustc; } && at_least "$rust_wanted" "$(rustc --version 2>/dev/null | cut -d ' ' -f 2)"
}
lack_rust() {
    if has rustup; then
        say "updating Rust: Mercato needs $rust_wanted"
        rustup update stable >&2 || true
        rustup default stable >&2 || true
    else
        has curl || { lack "it downloads Rust" "curl ca-certificates" "curl" && install_lacking; }
        say "installing Rust $rust_wanted or later with rustup, into $HOME/.cargo"
        install_rustup || say "rustup cannot be downloaded from here"
    fi
}
without_rust() { echo "Mercato needs Rust $rust_wanted or later, this is $(rustc --version 2>&1 || true). Install it, then run this again"; }

install_rustup() {
    local script
    script=$(curl --proto '=https' --tlsv1.2 --fail --silent --show-error --connect-timeout 10 https://sh.rustup.rs) || return
    sh -s -- -y --profile minimal --component rustfmt --component clippy >&2 <<<"$script"
}

have_redis() { has redis-server && has redis-cli && at_least "$redis_at_least" "$(redis_version)"; }
lack_redis() { lack "the cache and the event streams; Mercato runs one of its own and leaves the system's alone" redis-server redis; }
without_redis() { echo "Mercato needs Redis $redis_at_least or later, this is $(redis_version)"; }
redis_version() { redis-server --version | sed 's/.* v=\([^ ]*\).*/\1/'; }

have_node() {
    local newer=$tools/node/node_modules/.bin
    [[ ! -x $newer/node || :$PATH: == *:$newer:* ]] || PATH=$newer:$PATH
    { has npm && has node; } && at_least "$node_at_least" "$(node_version)"
}
lack_node() {
    if ! has npm; then
        lack "the OpenID provider that sign-ins are tested against is a package of npm" "nodejs npm" node
        install_lacking || return 0
    fi
    have_node || install_newer_node
}
without_node() { echo "Mercato's tests need npm, and Node.js $node_at_least or later: this is $(node_version)"; }
node_version() { node --version 2>&1 | sed 's/^v//'; }

# Systems that are a few years old have an older one, and npm has them all.
install_newer_node() {
    say "installing a newer Node.js from npm, into $tools/node"
    mkdir -p "$tools/node"
    npm install --no-audit --no-fund --prefix "$tools/node" node@22 >&2 || say "npm has none for this machine"
}

# Where a system has none, the one test in a real browser says so and passes.
have_chromium() { has chromium || has chromium-browser || has google-chrome || ! has apt-get; }
lack_chromium() { lack "one test signs in with a real browser" chromium chromium; }
without_chromium() { echo "chromium is not to be found"; }

have_postgres() { postgres_bin >/dev/null; }
lack_postgres() { lack "half of the tests run on it; the tests run one of their own and leave the system's alone" postgresql postgresql; }
without_postgres() { echo "Postgres is installed but initdb is not to be found"; }

# Debian keeps the server's programs out of PATH, one directory for each version. The newest is the last.
postgres_bin() {
    local initdb newest=
    for initdb in "$(type -P initdb)" /opt/homebrew/opt/postgresql*/bin/initdb /usr/lib/postgresql/*/bin/initdb; do
        [[ ! -x $initdb ]] || newest=$initdb
    done
    [[ -n $newest ]] && dirname "$newest"
}

room=0 # gigabytes

# A build that was made before needs little more.
have_room() { [[ -d $(target)/debug/deps || -d $(target)/release/deps ]] || room_for "$room" "$root"; }
lack_room() { :; }
without_room() { echo "the build needs $room GB of disk at $root"; }
