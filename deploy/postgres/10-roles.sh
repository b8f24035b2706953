#!/bin/sh
# Runs once, when Postgres makes its data folder: a role and a database for OptiInfra, and for Dagster.
#
# Neither role is a superuser: row-level security binds no superuser, not even when it is forced.
# Dagster has a database of its own: whoever holds its address reaches no credential.
set -eu
secrets="${SECRETS:-/run/secrets}"

for role in optiinfra dagster; do
    # psql reads the password from the file itself: on a command line others could see it.
    SECRET_FILE="$secrets/postgres_${role}_password" \
        psql --no-psqlrc --set ON_ERROR_STOP=1 --set role="$role" \
        --username "$POSTGRES_USER" --dbname postgres <<'SQL'
\set password `cat "$SECRET_FILE"`
CREATE ROLE :"role" LOGIN PASSWORD :'password';
CREATE DATABASE :"role" OWNER :"role";
REVOKE ALL ON DATABASE :"role" FROM PUBLIC;
SQL
done
