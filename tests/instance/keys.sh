# shellcheck shell=bash
# The keys, the passwords and the option file of an instance. Sourced by ./run.

random_hex() {
	od -An -N32 -tx1 /dev/urandom | tr -d ' \n'
}

make_secret() {
	local file=$1 format=$2
	[ -s "$file" ] && return 0
	# shellcheck disable=SC2059 # the format is ours
	printf "$format\n" "$(random_hex)" >"$file.new"
	mv "$file.new" "$file"
}

make_secrets() {
	make_secret "$var/cron.hdr" 'x-api-key: %s'
	make_secret "$var/storefront.hdr" 'x-api-key: %s'
	make_secret "$var/audit.key" '%s'
}

stok_password() {
	sed -n 's/^password=//p' "$var/my.cnf" 2>/dev/null || true
}

# [client] names no user: it is whoever runs this, whom the server knows by the socket.
write_options() {
	local password server=socket=$run_dir/mysql.sock
	[ -z "${STOK_DATABASE_PORT-}" ] ||
		server=host=127.0.0.1$'\n'port=$STOK_DATABASE_PORT$'\n'protocol=tcp
	password=$(stok_password)
	cat >"$var/my.cnf.new" <<-END
		# made by ./run
		[client]
		socket=$run_dir/mysql.sock

		[stok]
		$server
		user=stok
		password=${password:-$(random_hex)}
		database=stok
	END
	mv "$var/my.cnf.new" "$var/my.cnf"
}
