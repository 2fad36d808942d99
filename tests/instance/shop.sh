# shellcheck shell=bash
# The demo shop of an instance: its tables, its database user, and PHP-FPM behind nginx at /shop/.
# Sourced by ./run.

shop_tables=(ShopProduct ShopUser ShopSession ShopOrder ShopOrderLine)

# Of the service's tables its user has none: what is in stock, the shop asks the service.
grant_shop() {
	local password table
	password=$(<"$var/shop.password")
	printf "CREATE USER IF NOT EXISTS 'shop'@'localhost' IDENTIFIED BY '%s';\n" "$password"
	printf "ALTER USER 'shop'@'localhost' IDENTIFIED BY '%s';\n" "$password"
	for table in "${shop_tables[@]}"; do
		printf "GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO 'shop'@'localhost';\n" "$table"
	done
}

prepare_shop() {
	make_secret "$var/shop.password" '%s'
	{
		cat "$top/tests/storefront/shop/schema.sql"
		grant_shop
	} | sql --default-character-set=utf8mb4 stok || die 'cannot make the tables of the demo shop'
}

# nginx reaches the files by a link, for the checkout's own name may have what it cannot express.
write_shop_conf() {
	local user=''
	[ "$(id -u)" -ne 0 ] || user='user = root'
	ln -sfn "$top/tests/storefront/shop" "$var/shop"
	sed -e "s|@USER@|$user|" -e "s|@RUN@|$(for_sed "$run_dir")|" -e "s|@VAR@|$(for_sed "$var")|" \
		"$top/tests/storefront/php-fpm.conf.in" >"$var/php-fpm.conf"
}

# A child of a root's PHP-FPM would be another user, who cannot read the keys.
start_shop() {
	local root=()
	[ "$(id -u)" -ne 0 ] || root=(--allow-to-run-as-root)
	write_shop_conf
	rm -f "$run_dir/shop.sock"
	launch shop php-fpm8.2 --nodaemonize "${root[@]}" --fpm-config "$var/php-fpm.conf"
}

is_shop_up() {
	[ "$(http_status "http://127.0.0.1:$port/shop/")" = 200 ]
}
