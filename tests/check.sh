#!/bin/sh
# What takes seconds: style, types, and which room may import which.
set -eu
cd "$(dirname "$0")/.."
.venv/bin/ruff check .
.venv/bin/ruff format --check .
.venv/bin/mypy
.venv/bin/lint-imports
if [ -d pwa/node_modules ]; then
    .venv/bin/python deploy/local/pwa.py check
fi
