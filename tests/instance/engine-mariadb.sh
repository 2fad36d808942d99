# shellcheck shell=bash
# The private MariaDB of an instance: the Debian package's own server. Sourced by ./run.

# Laid elsewhere, for the installer cannot take every name; then renamed, so a folder that is there
# is whole. --force: a fresh host may not find its own name, and nobody comes by name.
make_mariadbd() {
	[ ! -d "$var/mysql" ] || return 0
	say 'making the database'
	rm -rf "$var/mysql.new" "$run_dir/mysql.new" "$var/demo.loaded"
	mariadb-install-db --no-defaults --datadir="$run_dir/mysql.new" --user="$(id -un)" \
		--auth-root-authentication-method=socket --auth-root-socket-user="$(id -un)" \
		--skip-test-db --force >"$var/log/install.log" 2>&1 9>&- || {
		tail -n 15 "$var/log/install.log" >&2
		die 'cannot make the database'
	}
	mv "$run_dir/mysql.new" "$var/mysql.new"
	mv "$var/mysql.new" "$var/mysql"
}

# Full durability: what was answered must survive a crash, here as in production.
start_mariadbd() {
	local network
	database_network
	launch mariadbd mariadbd --no-defaults --user="$(id -un)" \
		--datadir="$var/mysql" --socket="$run_dir/mysql.sock" "${network[@]}" \
		--log-error="$var/log/mariadbd.log" --pid-file="$run_dir/mysql.pid" \
		--innodb-flush-log-at-trx-commit=1 --innodb-doublewrite=1 \
		--innodb-buffer-pool-size=256M
}
