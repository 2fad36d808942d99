# shellcheck shell=bash
# The Debian packages that stok needs, in one place, and how they are installed without a service
# of the host being touched. Sourced by ./run and ./check.

# shellcheck disable=SC2034 # the lists are used where this is sourced

# To build and run. The server's core rather than mariadb-server: no service comes with it.
RUN_PACKAGES=(
	autoconf automake gcc libc6-dev make pkg-config
	libfcgi-dev libjson-c-dev libmariadb-dev libmariadb-dev-compat nettle-dev
	mariadb-client-core mariadb-server-core
	multiwatch nginx spawn-fcgi
	curl
)

# For the tests, besides those.
CHECK_PACKAGES=(
	clang clang-format libclang-rt-14-dev libcmocka-dev python3 shellcheck
)

policy=/usr/sbin/policy-rc.d

as_root() {
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	else
		sudo "$@"
	fi
}

# Any build of nginx will do, so it is looked for by its program.
is_installed() {
	if [ "$1" = nginx ]; then
		[ -x /usr/sbin/nginx ]
	else
		[ "$(dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
	fi
}

# Debian asks this program before it starts a service; 101 is "no". One that is there already is the
# administrator's, and stays.
forbid_service_starts() {
	[ ! -e "$policy" ] || return 0
	trap allow_service_starts EXIT
	printf '#!/bin/sh\n# until stok has installed nginx\nexit 101\n' |
		as_root tee "$policy" >/dev/null && as_root chmod 755 "$policy"
}

allow_service_starts() {
	if grep -qs 'until stok has installed nginx' "$policy"; then
		as_root rm -f "$policy"
	fi
}

# Nor does it start with the next boot. The helper is the one that the package's own scripts use; it
# only writes below /etc, and works without a running systemd.
leave_nginx_off() {
	as_root deb-systemd-helper disable nginx.service >/dev/null 2>&1 || true
	as_root update-rc.d nginx disable >/dev/null 2>&1 || true
}

apt_install() {
	as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@"
}

# In a subshell, so that its EXIT trap is its own.
install_missing() (
	printf 'installing: %s\n' "$*"
	as_root apt-get update -qq || printf 'apt-get update failed; trying with the old lists\n'
	[[ " $* " == *' nginx '* ]] || {
		apt_install "$@"
		return
	}
	trap 'exit 130' INT TERM
	forbid_service_starts || exit
	apt_install "$@" || exit
	leave_nginx_off
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
