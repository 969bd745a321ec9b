#!/bin/sh
# pytest in two processes, each with a throw-away PostgreSQL cluster of its own (see `tests/pytest.sh -k locate`).
#
# Of its own, because "everything that was committed before the oldest running transaction" is a question about a whole
# cluster: a test that asks it must not get another test's answer. TESTS_WITHOUT is explained in everything.sh.
set -eu
cd "$(dirname "$0")/.."

in_a_cluster() {
    # -t: beside any other cluster, so that two runs, or one that was killed, are not in the way of this one.
    # fsync=off: nothing in it outlives the tests. The locale does not depend on the machine's, and its collation is
    # an office's: it sorts "a" before "B", so a code column that forgot to compare bytewise is found out.
    exec env -u PGHOST -u PGPORT -u PGUSER -u PGPASSWORD -u PGDATABASE -u PG_CLUSTER_CONF_ROOT \
        pg_virtualenv -t -o fsync=off -c '--locale C.UTF-8' -i '--locale-provider=icu --icu-locale=zh' "$@"
}

case ",${TESTS_WITHOUT-}," in
    *,postgresql,*) exec .venv/bin/python -m pytest -n 2 "$@" ;;
esac
case ${CLUSTERS-0} in
    0) in_a_cluster env CLUSTERS=1 tests/pytest.sh "$@" ;;
    1) in_a_cluster env CLUSTERS=2 "FIRST=env:PGPORT=$PGPORT//env:PGPASSWORD=$PGPASSWORD" tests/pytest.sh "$@" ;;
    *) exec .venv/bin/python -m pytest --dist load \
        --tx "popen//$FIRST" --tx "popen//env:PGPORT=$PGPORT//env:PGPASSWORD=$PGPASSWORD" "$@" ;;
esac
