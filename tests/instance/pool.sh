# shellcheck shell=bash
# The pool of stokd processes on one socket. Sourced by ./run.

with_settings() {
	STOK_DB_OPTIONS=$var/my.cnf \
		STOK_STOREFRONT_KEY_FILE=$var/storefront.hdr \
		STOK_CRON_KEY_FILE=$var/cron.hdr \
		STOK_AUDIT_KEY_FILE=$var/audit.key \
		STOK_METRICS_FILE=$run_dir/metrics \
		"$@"
}

# multiwatch owns the socket, so a process that ends takes no waiting request with it. With a
# timeout of 0 it never gives up, but it would start a missing program without a pause: hence the
# shell. (Its -s sends other signals than it is told; the default is right.)
start_pool() {
	(with_settings "$stokd" --check-config >/dev/null) || die 'the configuration is not good'
	rm -f "$run_dir/stok.sock"
	# shellcheck disable=SC2016 # for the inner shell
	with_settings launch pool /usr/bin/spawn-fcgi -s "$run_dir/stok.sock" -M 0660 -b 4096 -n -- \
		/usr/bin/multiwatch -f 2 -t 0 -- \
		/bin/sh -c '[ -x "$0" ] || sleep 1; exec "$0"' "$stokd"
}
