# shellcheck shell=bash
# The Debian packages that stok needs, in one place, and how they are installed without a service
# of the host being touched. Sourced by ./run and ./check.

# shellcheck disable=SC2034 # the lists are used where this is sourced

# To build and run. The server's core rather than mariadb-server: no service comes with it. php-common
# is named because it brings a service of its own.
RUN_PACKAGES=(
	autoconf automake gcc libc6-dev make pkg-config
	libfcgi-dev libjson-c-dev libmariadb-dev libmariadb-dev-compat nettle-dev
	mariadb-client-core mariadb-server-core
	multiwatch nginx spawn-fcgi
	curl
	php-common php8.2-curl php8.2-fpm php8.2-mysql
	zlib1g-dev
)

# For the tests, besides those.
CHECK_PACKAGES=(
	clang clang-format libclang-rt-14-dev libcmocka-dev libfaketime python3 shellcheck
	goaccess logrotate
)

# For the test of the HTTP interface against its document (tests/contract), which is skipped
# without them. Any Node from 18 on will do.
CONTRACT_PACKAGES=(
	nodejs npm
)

# For the tests of the demo shop in a browser; any Node from 18 on will do.
BROWSER_PACKAGES=(
	chromium fonts-liberation nodejs npm
)

# For the bench and its peers (tests/bench), besides all those. Prisma wants a newer Node.
BENCH_PACKAGES=(
	gnuplot-nox nodejs npm php8.2-opcache wrk
)

policy=/usr/sbin/policy-rc.d

as_root() {
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	else
		sudo "$@"
	fi
}

# Any build of nginx, Node or gnuplot will do, so they are looked for by their programs.
is_installed() {
	case $1 in
	nginx) [ -x /usr/sbin/nginx ] ;;
	nodejs) is_node_new_enough ;;
	npm) command -v npm >/dev/null ;;
	gnuplot-nox) command -v gnuplot >/dev/null ;;
	goaccess) command -v goaccess >/dev/null ;;
	*) [ "$(dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null)" = installed ] ;;
	esac
}

is_node_new_enough() {
	local version
	version=$(node --version 2>/dev/null) && [[ $version =~ ^v([0-9]+)\. ]] &&
		[ "${BASH_REMATCH[1]}" -ge 18 ]
}

# What Debian starts with a package, at once and at every boot.
service_of() {
	case $1 in
	nginx) printf 'nginx.service\n' ;;
	php-common) printf 'phpsessionclean.timer\n' ;;
	php8.2-fpm) printf 'php8.2-fpm.service\n' ;;
	logrotate) printf 'logrotate.timer\n' ;;
	esac
}

# Debian asks this program before it starts a service; 101 is "no". One that is there already is the
# administrator's, and stays.
forbid_service_starts() {
	[ ! -e "$policy" ] || return 0
	trap allow_service_starts EXIT
	printf '#!/bin/sh\n# until stok has installed its packages\nexit 101\n' |
		as_root tee "$policy" >/dev/null && as_root chmod 755 "$policy"
}

allow_service_starts() {
	if grep -qs 'until stok has installed' "$policy"; then
		as_root rm -f "$policy"
	fi
}

# Nor does it start with the next boot. The helper is the one that the package's own scripts use; it
# only writes below /etc, works without a running systemd, and only for such a script, so the name of
# the package stands in its environment.
leave_off() {
	local service
	for service in "$@"; do
		as_root env DPKG_MAINTSCRIPT_PACKAGE=stok deb-systemd-helper disable "$service" \
			>/dev/null 2>&1 || true
		as_root update-rc.d "${service%.*}" disable >/dev/null 2>&1 || true
	done
}

apt_install() {
	as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@"
}

# In a subshell, so that its EXIT trap is its own.
install_missing() (
	printf 'installing: %s\n' "$*"
	as_root apt-get update -qq || printf 'apt-get update failed; trying with the old lists\n'
	mapfile -t services < <(for name in "$@"; do service_of "$name"; done)
	[ ${#services[@]} -gt 0 ] || {
		apt_install "$@"
		return
	}
	trap 'exit 130' INT TERM
	forbid_service_starts || exit
	apt_install "$@" || exit
	leave_off "${services[@]}"
)

# install_packages NAME...: installs those that are missing.
install_packages() {
	local name missing=()
	for name in "$@"; do
		is_installed "$name" || missing+=("$name")
	done
	[ ${#missing[@]} -gt 0 ] || return 0
	if [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null; then
		printf 'missing packages: %s\nThere is no sudo: install them as root.\n' \
			"${missing[*]}" >&2
		return 1
	fi
	install_missing "${missing[@]}"
}
