#!/bin/sh
# Rewrites the locks from pyproject.toml; versions stay as they are unless `lock.sh --upgrade` asks for newer ones.
# Whatever registry this machine asks, its address stays out of them.
set -eu
cd "$(dirname "$0")/../.."
if command -v uv >/dev/null; then
    uv=uv
else
    tools=$(mktemp -d)
    trap 'rm -rf "$tools"' EXIT
    "${PYTHON:-python3}" -m venv "$tools"
    "$tools/bin/pip" install --quiet uv
    uv=$tools/bin/uv
fi
upgrade=${1-}
compile() {
    "$uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes \
        --no-header --no-emit-index-url --no-emit-find-links $upgrade "$@" >/dev/null
}
compile pyproject.toml --output-file requirements.lock
compile --group build --output-file requirements-build.lock
# The tests must run what is shipped, so the first two locks bind the third.
compile pyproject.toml --group test --group build \
    --constraint requirements.lock --constraint requirements-build.lock --output-file requirements-test.lock
! grep -nE '^(-i|--index-url|--extra-index-url|--find-links)|https?://' requirements*.lock
