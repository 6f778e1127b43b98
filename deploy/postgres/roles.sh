#!/bin/sh
# Runs once, when the database's folder is empty: the two roles, and the database that the first
# one owns. The processes run as the second, which cannot change tables.
set -eu
psql --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres \
    --set owner_password="$OWNER_PASSWORD" --set app_password="$APP_PASSWORD" <<'SQL'
CREATE ROLE portal_owner LOGIN PASSWORD :'owner_password' CONNECTION LIMIT 5;
CREATE ROLE portal_app LOGIN PASSWORD :'app_password' CONNECTION LIMIT 60;
CREATE DATABASE portal OWNER portal_owner;
REVOKE CONNECT ON DATABASE portal FROM PUBLIC;
GRANT CONNECT ON DATABASE portal TO portal_app;
\connect portal
CREATE EXTENSION pg_trgm;
CREATE EXTENSION unaccent;
CREATE EXTENSION btree_gist;
CREATE EXTENSION citext;
SQL
