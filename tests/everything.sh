#!/bin/sh
# The last part of `make test`: style and types, the PWA's own tests, then pytest on both databases and the browser.
#
# TESTS_WITHOUT tells tests/conftest.py what this machine lacks ("postgresql", "browser", comma-separated).
# PostgreSQL is a throw-away cluster of pg_virtualenv, found through PGHOST, PGPORT, PGUSER and PGPASSWORD.
set -eu
cd "$(dirname "$0")/.."
TESTS_WITHOUT=$(.venv/bin/python tests/provision.py)
export TESTS_WITHOUT
tests/check.sh
.venv/bin/python deploy/local/pwa.py test
set -- .venv/bin/python -m pytest -n 2 "$@"
case ",$TESTS_WITHOUT," in
    *,postgresql,*) exec "$@" ;;
    # -t: beside any other cluster, so that two runs, or one that was killed, are not in the way of this one.
    # fsync=off: nothing in it outlives the tests. The locale does not depend on the machine's, and its collation is
    # an office's: it sorts "a" before "B", so a code column that forgot to compare bytewise is found out.
    *) exec pg_virtualenv -t -o fsync=off -c '--locale C.UTF-8' -i '--locale-provider=icu --icu-locale=zh' "$@" ;;
esac
