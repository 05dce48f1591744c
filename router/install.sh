#!/usr/bin/env bash
# Finds Apollo Router, or installs it into DEST. Prints its path on stdout; all talk goes to stderr.
#
#   router/install.sh [--no-build | --build] DEST
#
# In this order: $APOLLO_ROUTER, `apollo-router` or `router` on PATH, DEST, the official release, a build from source.
# Everywhere but in $APOLLO_ROUTER, which is taken at its word, only the pinned version counts.
#
# A build takes long. `--no-build` installs what it needs and leaves with status 3 instead of beginning one; `--build`
# does not ask for the release again.
set -euo pipefail

readonly VERSION=2.17.0
# For a mirror: a directory with the release's files in it.
readonly RELEASE=${MERCATO_ROUTER_RELEASE:-https://github.com/apollographql/router/releases/download/v$VERSION}

# What a build from source takes: this Rust, gigabytes of disk, minutes of processor time.
readonly RUST=1.95.0 ROOM=6 MINUTES=25
readonly NOT_BUILT=3

# Whoever builds it waits for their first start. So the code that every request runs through is optimised, and the rest,
# which is the greater part, lightly. One unit for each crate, and so no link-time optimisation between units: there are
# enough crates for every core. The router itself comes last and alone, so it is the one that is divided.
readonly HOT="ahash apollo-compiler bytes futures-util h2 hashbrown http httparse hyper hyper-util indexmap itoa memchr
    opentelemetry opentelemetry_sdk parking_lot regex-automata ring ryu serde_json serde_json_bytes tokio tower
    tower-http tracing tracing-core tracing-subscriber"
quick=(--config 'profile.release.opt-level=1' --config 'profile.release.codegen-units=1' --config 'profile.release.lto="off"'
    --config 'profile.release.package.apollo-router.opt-level=2' --config 'profile.release.package.apollo-router.codegen-units=8'
    --config 'profile.release.package.apollo-federation.codegen-units=4')
for crate in $HOT; do quick+=(--config "profile.release.package.$crate.opt-level=3"); done

# shellcheck source=scripts/machine.sh
. "$(dirname "${BASH_SOURCE[0]}")/../scripts/machine.sh"

tried=()
work=
mode=

missed() { tried+=("$1"); }
is_pinned() { [[ -x $1 && $("$1" --version 2>/dev/null) == "$VERSION" ]]; }

main() {
    case ${1:-} in --no-build | --build) mode=$1 && shift ;; esac
    [[ $# -eq 1 ]] || { say "usage: router/install.sh [--no-build | --build] DEST"; exit 2; }
    [[ $1 == /* ]] || set -- "$PWD/$1"
    local dest=$1/apollo-router
    from_environment || from_path || from_dest "$dest" || fetched "$1" "$dest" || give_up "$dest"
}

from_environment() {
    [[ -n ${APOLLO_ROUTER:-} ]] || { missed "APOLLO_ROUTER: not set"; return 1; }
    [[ -x $APOLLO_ROUTER ]] || { say "APOLLO_ROUTER names $APOLLO_ROUTER, which is not a program"; exit 1; }
    is_pinned "$APOLLO_ROUTER" || say "note: $APOLLO_ROUTER is not Apollo Router $VERSION, which Mercato is tested with"
    printf '%s\n' "$APOLLO_ROUTER"
}

from_path() {
    local name found
    for name in apollo-router router; do
        found=$(type -P "$name") || continue
        is_pinned "$found" && { printf '%s\n' "$found"; return; }
    done
    missed "PATH: no Apollo Router $VERSION"
    return 1
}

from_dest() {
    is_pinned "$1" || { missed "$1: not there"; return 1; }
    printf '%s\n' "$1"
}

fetched() {
    mkdir -p "$1"
    work=$(mktemp -d "$1/.install.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    trap 'exit 130' INT TERM
    [[ $mode != --build ]] && from_release "$2" && return
    from_source "$2"
}

from_release() {
    local platform archive
    platform=$(platform) || { missed "release: none for $(uname -sm)"; return 1; }
    archive=router-v$VERSION-$platform.tar.gz
    { has curl || has wget; } || lack "it downloads Apollo Router" "curl ca-certificates" "curl"
    install_lacking || { missed "release: there is neither curl nor wget"; return 1; }
    say "downloading Apollo Router $VERSION ($archive)"
    if ! download "$RELEASE/$archive" "$work/$archive" || ! download "$RELEASE/sha256sums.txt" "$work/sha256sums.txt"; then
        missed "release: cannot download $RELEASE/$archive"
        return 1
    fi
    verify "$archive" || { missed "release: the checksum of $archive is not the published one"; return 1; }
    tar -xzf "$work/$archive" -C "$work" --strip-components 1
    keep "$work/router" "$1" || { missed "release: $archive does not run here"; return 1; }
}

platform() {
    case "$(uname -s) $(uname -m)" in
        "Linux x86_64") echo x86_64-unknown-linux-gnu ;;
        "Linux aarch64" | "Linux arm64") echo aarch64-unknown-linux-gnu ;;
        "Darwin arm64") echo aarch64-apple-darwin ;;
        "Darwin x86_64") echo x86_64-apple-darwin ;;
        *) return 1 ;;
    esac
}

download() {
    if has curl; then
        curl --fail --silent --show-error --location --connect-timeout 10 --speed-time 20 --speed-limit 20000 \
            --retry 1 --output "$2" "$1" >&2
    else
        wget --quiet --timeout=10 --tries=2 --output-document="$2" "$1" >&2
    fi
}

# Against the checksums published beside the archive, over TLS. That catches a broken download. It does not catch a
# release in which the archive and its checksum were replaced together.
verify() {
    local wanted found
    wanted=$(awk -v file="$1" '{ sub(/^\*/, "", $2) } $2 == file { print $1 }' "$work/sha256sums.txt")
    found=$(sha256 "$work/$1")
    [[ -n $wanted && $wanted == "$found" ]]
}

sha256() {
    if has sha256sum; then sha256sum "$1"; else shasum -a 256 "$1"; fi | cut -d ' ' -f 1
}

from_source() {
    say "no release of Apollo Router can be had here, so it is built from source"
    ready_to_build "$(dirname "$1")" || return
    [[ $mode != --no-build ]] || exit "$NOT_BUILT"
    build "$1"
}

# Asks for everything that the build needs before it begins: it would fail late, and say little.
ready_to_build() {
    { has cargo && has rustc; } || { missed "from source: Rust is not installed (./mercato setup installs it)"; return 1; }
    local rust
    rust=$(rustc --version | cut -d ' ' -f 2)
    at_least "$RUST" "$rust" || { missed "from source: it needs Rust $RUST, this is $rust"; return 1; }
    compiles || lack "parts of it are C" "gcc libc6-dev" ""
    has make || lack "its allocator is built with make" "make" "make"
    protoc_works || lack "it generates code from Protocol Buffers" "protobuf-compiler libprotobuf-dev" "protobuf"
    install_lacking || { missed "from source: what the build needs cannot be installed"; return 1; }
    compiles || { missed "from source: no C compiler that works"; return 1; }
    has make || { missed "from source: make is not installed"; return 1; }
    protoc_works || { missed "from source: protoc, or the .proto files that belong to it, are not installed"; return 1; }
    room_for "$ROOM" "$1" || { missed "from source: the build needs $ROOM GB of disk at $1"; return 1; }
}

# Compiles a message with one of the types that come with protoc: Debian keeps those in a package of their own.
protoc_works() {
    printf 'syntax = "proto3"; import "google/protobuf/timestamp.proto"; message Probe { google.protobuf.Timestamp at = 1; }' \
        >"$work/probe.proto"
    "${PROTOC:-protoc}" --proto_path "$work" --descriptor_set_out "$work/probe.bin" "$work/probe.proto" >/dev/null 2>&1
}

# What was built is kept until all of it is, so that the next try goes on where this one ended.
build() {
    local kept
    kept=$(dirname "$1")/router-build
    if [[ -d $kept ]]; then say "going on with the build in $kept"; fi
    say "building Apollo Router $VERSION: about $MINUTES minutes of processor time"
    if ! CARGO_TARGET_DIR=$kept cargo install apollo-router --version "$VERSION" --bin router --locked "${quick[@]}" \
        --no-track --force --root "$work" >&2; then
        missed "from source: the build failed. What it has built is in $kept, and the next try goes on from there"
        return 1
    fi
    keep "$work/bin/router" "$1" || { missed "from source: what was built does not run"; return 1; }
    rm -rf "$kept"
}

# Moved within one file system, so that nobody finds half a router.
keep() {
    is_pinned "$1" || return
    mv -f "$1" "$2"
    printf '%s\n' "$2"
}

give_up() {
    say "Apollo Router $VERSION is not to be had. Tried:"
    printf '  - %s\n' "${tried[@]}" >&2
    say "Get it by hand, put it at $1 or set APOLLO_ROUTER to its path, and run this again:"
    say "  https://github.com/apollographql/router/releases/tag/v$VERSION"
    exit 1
}

main "$@"
