#!/bin/sh
# Run once by the database's image: the owner of the tables, the application's role, PostGIS.
set -eu
psql --username postgres --set ON_ERROR_STOP=1 --set owner="$OWNER_PASSWORD" --set app="$APP_PASSWORD" <<'SQL'
CREATE ROLE gridloop_owner LOGIN PASSWORD :'owner';
CREATE ROLE gridloop_app LOGIN PASSWORD :'app';
CREATE DATABASE gridloop OWNER gridloop_owner ENCODING UTF8 TEMPLATE template0;
\c gridloop
CREATE EXTENSION postgis;
SQL
