#!/usr/bin/env bash
# The habits of this project, one function a task. `just TASK` and `.ci/run` both come here, so that a
# machine without `just` does the same:
#
#     scripts/tasks.sh TASK [ARGUMENT...]
#     scripts/tasks.sh              # lists the tasks
#
# Everything is built in the release profile: the tests run a neural network, and dependencies are
# then built once for tests, lints and the program.
set -euo pipefail
cd "$(dirname "$0")/.."
self="scripts/tasks.sh"

# Programs that are no part of a Rust toolchain are kept here, a virtual environment of Python.
tools="${RESAM_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/resam-ci-tools}"
typos_version=1.52.0

# Type-check everything in the workspace.
task_check() { cargo check --release --workspace --all-targets "$@"; }

# All tests. Golden tests are skipped where their files are not at hand.
task_test() { cargo test --release --workspace "$@"; }

# The tests against published values and real imagery. None may be skipped.
task_golden() {
    export RESAM_REQUIRE_GOLDEN=1
    cargo test --release -p resam-checkpoint -p resam-sam -p resam-adapt \
        --test golden --test published
    cargo test --release -p resam-data -p resam-geo --test it real_data
}

# Format Rust code and wrap its comments.
task_fmt() {
    python3 scripts/wrap_comments.py
    cargo fmt --all
}

# Whether code is formatted and comments are at most 100 columns wide.
task_format() {
    cargo fmt --all --check
    python3 scripts/wrap_comments.py --check
}

# Clippy, without a warning.
task_lint() { cargo clippy --release --workspace --all-targets -- -D warnings; }

# The documentation of the API, without a warning.
task_docs() { RUSTDOCFLAGS="-D warnings" cargo doc --release --workspace --no-deps "$@"; }

# Criterion's benches of kernels and of model parts.
task_bench() { cargo bench -p resam-ops -p resam-bench "$@"; }

# Licences, bans and sources of dependencies, by deny.toml. `long` has cargo-deny check all of it.
task_deny() { python3 scripts/dependencies.py check; }

# Spelling.
task_typos() {
    local typos
    typos="$(find_typos)" || {
        echo "skipped: no typos, and it cannot be installed (pip install typos==$typos_version)"
        return 0
    }
    "$typos" --format brief
}

# The program typos: that of PATH, or one from PyPI in a folder of our own.
find_typos() {
    local bin
    command -v typos && return
    for bin in "$tools/bin" "$tools/Scripts"; do
        if [[ -x "$bin/typos" || -x "$bin/typos.exe" ]]; then
            echo "$bin/typos"
            return
        fi
    done
    { python3 -m venv "$tools" &&
        "$tools"/[bS]*/python -m pip install --quiet --disable-pip-version-check \
            "typos==$typos_version"; } >&2 || return 1
    ls "$tools"/[bS]*/typos*
}

# The pages in a real browser: Node and Chromium. RESAM_REPORT names a report of your own.
task_browser() {
    local chromium modules="$tools/browser" here=tests/browser
    chromium="$(find_chromium)" && command -v npm >/dev/null || {
        echo "no Chromium or no Node with npm: the tests of pages need both"
        [[ -z "${RESAM_REQUIRE_BROWSER:-}" ]]
        return
    }
    # The packages of the lock file, outside of the clone.
    if ! cmp -s "$here/package-lock.json" "$modules/package-lock.json"; then
        mkdir -p "$modules"
        cp "$here/package.json" "$modules/"
        rm -f "$modules/package-lock.json"
        cp "$here/package-lock.json" "$modules/lock"
        (cd "$modules" && mv lock package-lock.json && npm ci --no-audit --no-fund) || {
            rm -f "$modules/package-lock.json"
            return 1
        }
    fi
    local report="${RESAM_REPORT:-}"
    if [[ -z "$report" ]]; then
        report="${CARGO_TARGET_DIR:-target}/browser/report.html"
        mkdir -p "$(dirname "$report")"
        cargo run --release -q -p resam-report --example example_report "$report"
    fi
    export RESAM_REPORT="$report" RESAM_CHROMIUM="$chromium" RESAM_BROWSER_MODULES="$modules"
    if (($# > 0)); then
        node "$@"
    else
        node --test --test-reporter=spec "$here"/*.test.mjs
    fi
}

# Chromium, or a browser made of it.
find_chromium() {
    local name
    for name in "${RESAM_CHROMIUM:-}" chromium chromium-browser google-chrome; do
        [[ -n "$name" ]] && command -v "$name" && return
    done
    return 1
}

# Type-check the features that need no other build of Burn: none at all, and GDAL.
task_features() {
    cargo check --release -p resam-cli --no-default-features
    # DOCS_RS makes the bindings of GDAL do without the library, which is enough for types.
    DOCS_RS=1 cargo check --release -p resam-geo --features gdal --all-targets
}

# Type-check the devices vulkan and cuda: another build of Burn, more than five minutes on two cores.
# DOCS_RS keeps the build script of cubecl-llvm, a part of cuda, from downloading LLVM.
task_devices() { DOCS_RS=1 cargo check --release -p resam-cli --features vulkan,cuda; }

# Type-check the two projects beside the workspace: the fuzz targets and candle's benches.
task_fuzz-check() {
    cargo check --release --manifest-path fuzz/Cargo.toml
    cargo check --release --manifest-path scripts/candle-peer/Cargo.toml
}

# What takes too long for every change: devices, fuzz targets under a sanitizer, damaged files, all
# of cargo-deny.
task_long() {
    task_devices
    command -v cargo-deny >/dev/null || cargo install --locked cargo-deny
    cargo deny check licenses bans sources
    # Needs the database of advisories, which is fetched from its own repository.
    cargo deny check advisories || echo "advisories: not checked, or some were found; see above"
    scripts/sanitize.sh "${RESAM_FUZZ_RUNS:-20000}"
    task_mutated --runs "${RESAM_MUTATED_RUNS:-20000}"
    cargo build --release --workspace
    # Kills, full disks, damaged files and neighbours, from outside.
    python3 scripts/torture.py --minutes "${RESAM_TORTURE_MINUTES:-20}"
}

# Damaged files through the built program: no panic, exit codes 0 to 3, messages that name the file.
task_mutated() {
    cargo build --release --workspace
    python3 scripts/mutated.py --binary "${CARGO_TARGET_DIR:-target}/release/resam" "$@"
}

# A release in one archive below target/dist: the program, completions, manual pages, licences, sums.
# RESAM_FEATURES adds devices; RESAM_BINARY packs a program that was built before.
task_dist() {
    local binary="${RESAM_BINARY:-}" features="${RESAM_FEATURES:-}"
    if [[ -z "$binary" ]]; then
        cargo build --release --locked -p resam-cli --features "$features"
        binary="${CARGO_TARGET_DIR:-target}/release/resam"
    fi
    python3 scripts/dist.py --binary "$binary" --features "$features" \
        --out "${CARGO_TARGET_DIR:-target}/dist"
}

# All that must hold before a change lands. RESAM_LONG=1 adds the long ones.
task_ci() {
    export CARGO_TERM_COLOR=never
    # Where the golden values are, they have to be used.
    if [[ -d "${RESAM_SHARED:-../shared}/golden" ]]; then
        export RESAM_REQUIRE_GOLDEN=1
    fi
    local steps=(format typos deny test browser lint docs features fuzz-check) failed=() step begun
    [[ "${RESAM_LONG:-0}" == 1 ]] && steps+=(long)
    log="$(mktemp)"
    trap 'rm -f "$log"' EXIT
    for step in "${steps[@]}"; do
        echo "== $step"
        begun=$SECONDS
        # A step that fails does not hide what the others find.
        case "$step" in
            test) "$self" test --no-fail-fast 2>&1 | tee "$log" || failed+=("$step") ;;
            *) "$self" "$step" || failed+=("$step") ;;
        esac
        echo "== $step took $((SECONDS - begun)) s"
    done
    ((${#failed[@]} == 0)) || echo "failed: ${failed[*]}"
    # One line for all test binaries together.
    awk '/^test result:/ { passed += $4; failed += $6 }
        END { printf "%d passed, %d failed\n", passed, failed }' "$log"
    ((${#failed[@]} == 0))
}

# The tasks of this file, each with the first line of its comment.
list_tasks() {
    awk '/^# / { text = text ? text : substr($0, 3); next }
        /^task_/ { sub(/^task_/, ""); sub(/\(.*/, ""); printf "%-12s %s\n", $0, text }
        { text = "" }' "$self"
}

task="${1:-}"
if [[ -z "$task" ]] || ! declare -F "task_$task" >/dev/null; then
    [[ -z "$task" ]] || echo "no task \`$task\`" >&2
    list_tasks
    [[ -z "$task" ]]
    exit
fi
shift
"task_$task" "$@"
