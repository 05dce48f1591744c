# shellcheck shell=bash
# What ./mercato and router/install.sh ask of a machine. Sourced, not run. All talk goes to stderr.

say() { if [[ -t 2 ]]; then printf '\033[1m%s\033[0m\n' "$*"; else printf -- '-- %s\n' "$*"; fi >&2; }

# A program on PATH, or at the path. Never a function of the script that asks, whatever its name.
has() { type -P "$1" >/dev/null; }

# at_least WANTED FOUND
at_least() { [[ $(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n 1) == "$1" ]]; }

# --- Packages of the system -------------------------------------------------------------------------------------------

lacking_debian=
lacking_homebrew=

# lack WHY DEBIAN-PACKAGES HOMEBREW-PACKAGES: notes what is missing. `install_lacking` installs all of it at once, so
# that nobody is asked for a password twice, nor in the middle of a build.
lack() {
    say "missing: ${2:-$3} ($1)"
    lacking_debian+=" $2"
    lacking_homebrew+=" $3"
}

install_lacking() {
    local words
    if [[ -z ${lacking_debian// /} && -z ${lacking_homebrew// /} ]]; then return; fi
    if has apt-get; then
        read -ra words <<<"$lacking_debian"
        say "installing ${words[*]} (apt-get$([[ $EUID -eq 0 ]] || echo ', with sudo'))"
        # Lists that are a day old serve as well.
        as_root apt-get update --quiet=2 >&2 || say "apt-get update failed; trying with the lists that are here"
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install --yes --quiet=2 --no-install-recommends "${words[@]}" >/dev/null
    elif has brew; then
        read -ra words <<<"$lacking_homebrew"
        say "installing ${words[*]} (Homebrew)"
        brew install "${words[@]}" >&2
    else
        say "please install$lacking_debian, or what your system calls it, and run this again"
        return 1
    fi || return
    lacking_debian=
    lacking_homebrew=
}

as_root() {
    if [[ $EUID -eq 0 ]]; then
        "$@"
    elif has sudo; then
        sudo "$@"
    else
        say "this needs root, and there is no sudo. As root: $*"
        return 1
    fi
}

# --- What a build needs -----------------------------------------------------------------------------------------------

# compiles: is there a C compiler that finds its headers and links?
compiles() {
    local probe status=0
    probe=$(mktemp -d)
    printf '#include <stdio.h>\n#include <pthread.h>\nint main(void) { return puts("") < 0; }\n' >"$probe/probe.c"
    "${CC:-cc}" "$probe/probe.c" -o "$probe/probe" >/dev/null 2>&1 || status=1
    rm -rf "$probe"
    return "$status"
}

# room_for GIGABYTES DIRECTORY: has its file system that much room left?
room_for() {
    local free
    free=$(df -Pk "$2" | awk 'NR == 2 { print $4 }')
    [[ -n $free && $free -ge $(($1 * 1000 * 1000)) ]]
}
