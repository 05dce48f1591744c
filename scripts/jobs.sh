# shellcheck shell=bash
# Jobs: commands in process groups of their own. A signal then reaches us at once, and one kill reaches all of a job.
# Sourced by ./mercato.

work=   # everything that this run leaves on disk
jobs=() # the groups that are at work

# on_the_way_out COMMAND: however this script ends.
on_the_way_out() {
    # shellcheck disable=SC2064
    trap "$1" EXIT
    trap 'exit 129' HUP
    trap 'exit 130' INT
    trap 'exit 143' TERM
}

# begin NAME COMMAND ...: starts a job, sets `job`, and keeps what it says and what it takes in $work.
begin() {
    local name=$1
    shift
    : >"$work/$name.said"
    set -m
    noted "$name" "$@" </dev/null >>"$work/$name.said" 2>&1 &
    set +m
    job=$!
    jobs+=("$job")
}

# Notes how a job ended. In a long run the shell forgets: another of its children may have had the number since.
noted() {
    local status=0
    measured "$@" || status=$?
    echo "$status" >"$work/$1.ending"
    mv "$work/$1.ending" "$work/$1.ended"
}

# follow NAME JOB: shows what it says until it has ended, and has its status.
follow() {
    exec 4<"$work/$1.said"
    while [[ ! -e $work/$1.ended ]] && kill -0 "$2" 2>/dev/null; do
        cat <&4
        sleep 0.2
    done
    cat <&4
    exec 4<&-
    [[ -r $work/$1.ended ]] && return "$(<"$work/$1.ended")"
}

# in_front NAME COMMAND ...: a job that speaks for itself.
in_front() {
    local name=$1
    shift
    set -m
    measured "$name" "$@" </dev/null &
    set +m
    jobs+=($!)
    wait $!
}

# Notes the seconds that a command took, and those that it had a processor.
measured() {
    local name=$1 status=0 began=$SECONDS
    shift
    "$@" || status=$?
    times >"$work/$name.times"
    printf '%s\t%s\t%s\n' "$name" $((SECONDS - began)) "$(tail -n 1 "$work/$name.times")" >>"$work/took"
    return "$status"
}

stop_jobs() {
    local group tenths=50
    for group in ${jobs[@]+"${jobs[@]}"}; do kill -TERM -- "-$group" 2>/dev/null || true; done
    for group in ${jobs[@]+"${jobs[@]}"}; do
        # Whoever is asked to stop has five seconds.
        while kill -0 -- "-$group" 2>/dev/null && ((tenths-- > 0)); do sleep 0.1; done
        kill -KILL -- "-$group" 2>/dev/null || true
    done
}
