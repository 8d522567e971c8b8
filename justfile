# The habits of this project: `just` lists them. The recipes are in scripts/tasks.sh, where CI finds
# them too, so that nothing has to be installed for them.

set windows-shell := ["bash", "-c"]

[private]
default:
    @just --list --unsorted

# Type-check everything in the workspace
check *arguments:
    scripts/tasks.sh check {{ arguments }}

# Run all tests
test *arguments:
    scripts/tasks.sh test {{ arguments }}

# Run the tests against published values and real imagery; none may be skipped
golden:
    scripts/tasks.sh golden

# Test the pages in a real browser; needs Node and Chromium
browser *arguments:
    scripts/tasks.sh browser {{ arguments }}

# Check format, comments and Clippy
lint:
    scripts/tasks.sh format
    scripts/tasks.sh lint

# Format code and wrap comments
fmt:
    scripts/tasks.sh fmt

# Build the documentation of the API
docs *arguments:
    scripts/tasks.sh docs {{ arguments }}

# Check spelling
typos:
    scripts/tasks.sh typos

# Check licences and sources of dependencies
deny:
    scripts/tasks.sh deny

# Type-check GDAL, no features at all, and the devices vulkan and cuda
features:
    scripts/tasks.sh features
    scripts/tasks.sh devices

# Type-check the fuzz targets and candle's benches
fuzz-check:
    scripts/tasks.sh fuzz-check

# Run Criterion's benches
bench *arguments:
    scripts/tasks.sh bench {{ arguments }}

# Run what takes too long for every change: devices, sanitizer, cargo-deny
long:
    scripts/tasks.sh long

# Make a release archive below target/dist
dist:
    scripts/tasks.sh dist

# Run all that must hold before a change lands
ci:
    bash .ci/run
