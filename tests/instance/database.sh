# shellcheck shell=bash
# What an instance has in its database, whichever engine it is. Sourced by ./run.

# Leaves in $network how the server listens besides its socket: not at all, unless it is told.
database_network() {
	network=(--skip-networking)
	[ -z "${STOK_DATABASE_PORT-}" ] ||
		network=(--bind-address=127.0.0.1 --port="$STOK_DATABASE_PORT")
}

sql() {
	mariadb --defaults-file="$var/my.cnf" --connect-timeout=5 --batch --skip-column-names "$@"
}

is_database_up() {
	(sql --execute='SELECT 1' >/dev/null 2>&1)
}

# grants.sql is an example with an example's password; the real one is set in the same session, so
# that the example's never opens anything.
grant_service() {
	local password grants
	password=$(stok_password)
	grants=$(<"$top/sql/grants.sql")
	sql stok <<<"${grants//change-me/$password}
ALTER USER 'stok'@'localhost' IDENTIFIED BY '$password';"
}

prepare_database() {
	sql --execute='CREATE DATABASE IF NOT EXISTS stok'
	"$top/sql/migrate" --defaults-file="$var/my.cnf" 9>&- >"$var/log/migrate.log" ||
		die 'cannot bring the database to its newest schema'
	grep -v '^nothing to do' "$var/log/migrate.log" || true
	grant_service
	load_demo
}

# Once: who empties the tables wants them empty.
load_demo() {
	[ ! -e "$var/demo.loaded" ] || return 0
	sql stok <"$top/sql/demo.sql"
	: >"$var/demo.loaded"
}
