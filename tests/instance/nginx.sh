# shellcheck shell=bash
# nginx in front of the pool, with the shipped configuration. Sourced by ./run.

has_ipv6_loopback() {
	grep -qs '^00000000000000000000000000000001 ' /proc/net/if_inet6
}

is_port_taken() {
	(exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null
}

# In sed's replacement, & and the separator | are special.
for_sed() {
	# shellcheck disable=SC2001 # & means different things to different versions of bash
	sed 's/[&|]/\\&/g' <<<"$1"
}

# The files of production, with this instance's socket and log.
lay_snippets() {
	local file
	for file in "$top"/nginx/stok-{http,locations,pass}.conf; do
		sed -e "s|unix:/run/stok/stok.sock|unix:$(for_sed "$run_dir")/stok.sock|" \
			-e "s|/var/log/stok/access.log|\"$(for_sed "$var")/log/access.log\"|" \
			"$file" >"$var/nginx/stok/${file##*/}"
	done
}

# Workers of a root's nginx would be another user, who cannot reach the socket.
write_nginx_conf() {
	local user='' listen6=''
	[ "$(id -u)" -ne 0 ] || user='user root;'
	! has_ipv6_loopback || listen6="listen [::1]:$port;"
	mkdir -p "$var/nginx/stok" "$var/nginx/tmp"
	lay_snippets
	sed -e "s|@USER@|$user|" -e "s|@RUN@|$(for_sed "$run_dir")|" -e "s|@VAR@|$(for_sed "$var")|" \
		-e "s|@PORT@|$port|" -e "s|@LISTEN6@|$listen6|" \
		"$top/nginx/dev.conf.in" >"$var/nginx/nginx.conf"
}

start_nginx() {
	local here=(-p "$var/nginx" -e "$var/log/error.log" -c "$var/nginx/nginx.conf")
	write_nginx_conf
	nginx -t -q "${here[@]}" || die 'the configuration of nginx is not good'
	launch nginx nginx "${here[@]}"
	printf '%s\n' "$port" >"$run_dir/port"
}
