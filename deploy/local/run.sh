#!/bin/sh
# The last part of `make run`: bring the database up to date, make sure the demo township is there, serve.
set -eu
cd "$(dirname "$0")/../.."
.venv/bin/gridloop migrate
.venv/bin/gridloop demo
exec .venv/bin/gridloop serve
