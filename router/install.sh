#!/usr/bin/env bash
# Finds Apollo Router, or installs it into DEST. Prints its path on stdout; all talk goes to stderr.
#
#   router/install.sh DEST
#
# In this order: $APOLLO_ROUTER, `apollo-router` or `router` on PATH, DEST, the official release, a build from source.
# Everywhere but in $APOLLO_ROUTER, which is taken at its word, only the pinned version counts.
set -euo pipefail

readonly VERSION=2.17.0
# For a mirror: a directory with the release's files in it.
readonly RELEASE=${MERCATO_ROUTER_RELEASE:-https://github.com/apollographql/router/releases/download/v$VERSION}

tried=()
work=

say() { printf '%s\n' "$*" >&2; }
has() { command -v "$1" >/dev/null 2>&1; }
missed() { tried+=("$1"); }
as_root() { if [[ $EUID -eq 0 ]]; then "$@"; else sudo "$@"; fi; }
is_pinned() { [[ -x $1 && $("$1" --version 2>/dev/null) == "$VERSION" ]]; }

main() {
    [[ $# -eq 1 ]] || { say "usage: router/install.sh DEST"; exit 2; }
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
    from_release "$2" || from_source "$2"
}

from_release() {
    local platform archive
    platform=$(platform) || { missed "release: none for $(uname -sm)"; return 1; }
    archive=router-v$VERSION-$platform.tar.gz
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
        curl --fail --silent --show-error --location --connect-timeout 10 --retry 2 --output "$2" "$1" >&2
    elif has wget; then
        wget --quiet --timeout=10 --tries=3 --output-document="$2" "$1" >&2
    else
        say "neither curl nor wget is installed"
        return 1
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
    has cargo || { missed "from source: cargo is not installed"; return 1; }
    protoc || { missed "from source: protoc is not installed (package protobuf-compiler)"; return 1; }
    say "building Apollo Router $VERSION from source: about 30 minutes of processor time, so 15 minutes on two cores"
    if ! CARGO_TARGET_DIR=$work/target cargo install apollo-router --version "$VERSION" --locked --root "$work" >&2; then
        missed "from source: the build failed"
        return 1
    fi
    keep "$work/bin/router" "$1" || { missed "from source: what was built does not run"; return 1; }
}

protoc() {
    has protoc && return
    if has apt-get; then
        say "installing protobuf-compiler, which the build needs"
        as_root apt-get install --yes --quiet protobuf-compiler >&2
    elif has brew; then
        brew install protobuf >&2
    fi || return
    has protoc
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
