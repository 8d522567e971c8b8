#!/usr/bin/env bash
# Runs the fuzz targets under the address sanitizer, each for a fixed number of executions from its
# seeds and with a fixed seed, so that a run takes minutes and can be repeated.
#
#     scripts/sanitize.sh [RUNS [TARGET...]]
#
# RUNS is 20000 and the targets are all of them, unless named. Among them they run every `unsafe`
# block of the workspace. Needs a nightly toolchain and cargo-fuzz; the first run builds the targets'
# dependencies, which takes minutes.
set -euo pipefail
cd "$(dirname "$0")/.."

fail() {
    echo "sanitize: $*" >&2
    exit 1
}

cargo +nightly --version >/dev/null 2>&1 ||
    fail "no nightly toolchain: rustup toolchain install nightly"
cargo +nightly fuzz --version >/dev/null 2>&1 || fail "no cargo-fuzz: cargo install cargo-fuzz"

runs="${1:-20000}"
[[ "$runs" =~ ^[1-9][0-9]*$ ]] || fail "RUNS is a number of executions, not '$runs'"
shift || true
targets=("$@")
if ((${#targets[@]} == 0)); then
    mapfile -t targets < <(cargo +nightly fuzz list)
fi
((${#targets[@]} > 0)) || fail "no targets"

# What a run finds goes here, not to fuzz/corpus: the next run begins with the same seeds.
found="$(mktemp -d)"
trap 'rm -rf "$found"' EXIT

for target in "${targets[@]}"; do
    # `mapped` reads checkpoints too, and files of more than one page.
    case "$target" in
        mapped) kin=checkpoint longest=20000 seeds=(fuzz/seeds/{mapped,checkpoint}) ;;
        *) kin="$target" longest=4096 seeds=("fuzz/seeds/$target") ;;
    esac
    for folder in "${seeds[@]}"; do
        [[ -d "$folder" ]] || fail "no seeds for $target in $folder"
    done
    mkdir "$found/$target"
    options=(-runs="$runs" -seed=1 -max_len="$longest" -rss_limit_mb=2048 -timeout=10)
    dictionary="fuzz/dictionaries/$kin.dict"
    [[ -f "$dictionary" ]] && options+=(-dict="$dictionary")

    echo "== $target, $runs executions"
    log="$found/$target.log"
    if ! cargo +nightly fuzz run "$target" "$found/$target" "${seeds[@]}" -- \
        "${options[@]}" >"$log" 2>&1; then
        tail -n 60 "$log" >&2
        fail "$target failed; the input is in fuzz/artifacts/$target"
    fi
    # A run that did nothing is no run that found nothing.
    grep -E '^(Done|stat::number_of_executed_units)' "$log" ||
        fail "$target did not say how many inputs it ran"
done
echo "sanitize: ${#targets[@]} targets, nothing found"
