# shellcheck shell=bash
# The private MySQL of an instance: Oracle's own, from the packages of mysql-packages.sh. Sourced by
# ./run.

take_mysql() {
	find_mysql || say "getting MySQL $mysql_pin (50 MB)"
	get_mysql || {
		say "run: $mysql_why" >&2
		exit 77 # automake's word for "skipped"
	}
	[ "${mysql_root##*/}" = "mysql-$mysql_pin" ] || say "taking $(mysql_name)"
}

# mysqld_command FOLDER: leaves in $command how the server is called. Its packages believe they stand
# below /usr, so it is told where everything is.
mysqld_command() {
	local library
	library=$(dirname "$(mysql_loader)")
	command=(
		"$(mysql_loader)" --library-path "$library:$mysql_root/usr/lib/mysql/private"
		"$mysql_root/usr/sbin/mysqld" --no-defaults --user="$(id -un)" --datadir="$1"
		--basedir="$mysql_root/usr" --plugin-dir="$mysql_root/usr/lib/mysql/plugin"
		--lc-messages-dir="$mysql_root/usr/share/mysql"
		--character-sets-dir="$mysql_root/usr/share/mysql/charsets" --secure-file-priv=NULL
	)
}

# Whoever runs this is known by the socket, as in MariaDB. Renamed at the end, so a folder that is
# there is whole.
make_mysqld() {
	local command name
	[ ! -d "$var/mysql-data" ] || return 0
	say 'making the database'
	rm -rf "$var/mysql-data.new" "$var/demo.loaded"
	name="'$(id -un)'@'localhost'"
	cat >"$run_dir/init.sql" <<-END
		INSTALL PLUGIN auth_socket SONAME 'auth_socket.so';
		DROP USER 'root'@'localhost';
		CREATE USER $name IDENTIFIED WITH auth_socket;
		GRANT ALL ON *.* TO $name WITH GRANT OPTION;
	END
	mysqld_command "$var/mysql-data.new"
	"${command[@]}" --initialize-insecure --init-file="$run_dir/init.sql" \
		>"$var/log/install.log" 2>&1 9>&- || {
		tail -n 15 "$var/log/install.log" >&2
		die 'cannot make the database'
	}
	mv "$var/mysql-data.new" "$var/mysql-data"
}

# Full durability, and the binary log that a plain server has. It would take the lock of a dead
# server for a living one's as long as nobody has noticed its end.
start_mysqld() {
	local command network
	database_network
	rm -f "$run_dir/mysql.sock.lock"
	mysqld_command "$var/mysql-data"
	launch mysqld "${command[@]}" \
		--socket="$run_dir/mysql.sock" "${network[@]}" --mysqlx=OFF \
		--log-error="$var/log/mysqld.log" --pid-file="$run_dir/mysql.pid" \
		--innodb-flush-log-at-trx-commit=1 --innodb-doublewrite=ON --sync-binlog=1 \
		--innodb-buffer-pool-size=256M
}
