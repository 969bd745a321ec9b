#!/bin/sh
# The last part of `make test`: style and types, the PWA's own tests, then pytest on both databases and the browser.
#
# TESTS_WITHOUT tells tests/conftest.py what this machine lacks ("postgresql", "browser", "firefox", "redis",
# "nginx", "systemd", comma-separated).
set -eu
cd "$(dirname "$0")/.."
TESTS_WITHOUT=$(.venv/bin/python tests/provision.py)
export TESTS_WITHOUT
tests/check.sh
.venv/bin/python deploy/local/pwa.py test
exec tests/pytest.sh "$@"
