# shellcheck shell=bash
# Oracle's MySQL, server and client library, from Debian sid's packages: unpacked beside the system,
# never installed into it. Sourced by ./run and ./check, which set $top.

# The version that stok is tested with; sid has one at a time, and moves on.
mysql_pin=${STOK_MYSQL_VERSION:-9.7.4-2}
engines=$(realpath -m "${STOK_ENGINES:-$top/var/engines}")
mysql_root= # where it is unpacked
mysql_why=  # why it cannot be had

# Where it is, if it was unpacked before: what was pinned, or what was taken instead.
find_mysql() {
	local version=$mysql_pin
	[ -d "$engines/mysql-$version" ] ||
		version=$(cat "$engines/instead-of-$mysql_pin" 2>/dev/null) || return 1
	[ -d "$engines/mysql-$version" ] || return 1
	mysql_root=$engines/mysql-$version
}

# get_mysql: leaves $mysql_root; downloads (50 MB) and unpacks (270 MB) what is not there yet. On
# failure $mysql_why says why.
get_mysql() {
	mysql_why=
	find_mysql && return 0
	if ! mkdir -p "$engines" 2>/dev/null; then
		mysql_why="MySQL cannot be had: $engines cannot be made"
		return 1
	fi
	exec 7>"$engines/lock"
	if ! flock -w 600 7; then
		mysql_why='MySQL cannot be had: another download takes too long'
	elif ! find_mysql && ! (unpack_mysql) >"$engines/unpack.log" 2>&1 7>&- 9>&-; then
		mysql_why=$(sed -n 's/^why: //p' "$engines/unpack.log")
		mysql_why="MySQL cannot be had: ${mysql_why:-see $engines/unpack.log}"
	fi
	exec 7>&-
	find_mysql
}

# A system of apt's own, in which nothing is installed: so it names everything that MySQL needs, down
# to the C library. It verifies sid by Debian's keyring, as the host's apt does.
sid_apt() {
	local command=$1 state=$engines/apt
	shift
	timeout -k 10 400 "$command" -o Dir::State="$state" -o Dir::State::Lists="$state/lists" \
		-o Dir::State::status="$state/status" -o Dir::Cache="$state/cache" \
		-o Dir::Etc::SourceList="$state/sources.list" -o Dir::Etc::SourceParts=/dev/null \
		-o APT::Install-Recommends=0 -o APT::Sandbox::User=root -o Acquire::Languages=none \
		-o Acquire::Retries=2 -o Acquire::http::Timeout=20 -o Acquire::https::Timeout=20 "$@"
}

# The host's own mirror of Debian.
debian_mirror() {
	# shellcheck disable=SC2016 # apt replaces it
	apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 2>/dev/null |
		grep -v security | head -n 1
}

prepare_apt() {
	local state=$engines/apt keyring=/usr/share/keyrings/debian-archive-keyring.gpg mirror
	mirror=$(debian_mirror)
	[ -n "$mirror" ] || why 'apt knows no mirror of Debian'
	[ -e "$keyring" ] || why "there is no $keyring"
	mkdir -p "$state/lists/partial" "$state/cache/archives/partial"
	: >"$state/status"
	printf 'deb [signed-by=%s] %s sid main\n' "$keyring" "$mirror" >"$state/sources.list"
	sid_apt apt-get -q --error-on=any update || why "Debian sid cannot be read from $mirror"
}

why() {
	printf 'why: %s\n' "$*"
	exit 1
}

# "PACKAGE VERSION" of the server that is taken: the pinned one, or the newest that stok may run on.
choose_server() {
	local names
	mapfile -t names < <(sid_apt apt-cache pkgnames mysql-server-core)
	[ ${#names[@]} -gt 0 ] || return 1
	sid_apt apt-cache madison "${names[@]}" | awk -v pin="$mysql_pin" '
		$3 == pin { print 1, $1, $3 }
		$3 ~ /^(9|8\.4)\./ { print 0, $1, $3 }' | sort -k 1,1n -k 3,3V | tail -n 1 | cut -d ' ' -f 2-
}

# The C library comes along, for sid's is newer than the host's; not its headers, which would hide
# the host's, nor perl, which no part of the server needs.
needed_packages() {
	local package=$1 version=$2
	sid_apt apt-get -s install "$package=$version" "libmysqlclient-dev=$version" |
		awk '/^Inst/ && $2 !~ /^(perl|libperl|libgdbm|libdb5|libc-gconv|gcc-[0-9]+-base)/ &&
			($2 !~ /-dev$|-dev-bin$/ || $2 == "libmysqlclient-dev") { print $2 }'
}

unpack_mysql() {
	local package version
	prepare_apt
	read -r package version < <(choose_server) ||
		why 'Debian sid has no MySQL 9 or 8.4 now'
	[ -d "$engines/mysql-$version" ] || unpack_packages "$package" "$version"
	[ "$version" = "$mysql_pin" ] || printf '%s\n' "$version" >"$engines/instead-of-$mysql_pin"
	rm -rf "$engines/apt"
}

# Renamed at the end, so a folder that is there is whole.
unpack_packages() {
	local package=$1 version=$2 new=$engines/mysql-$2.new list file
	mapfile -t list < <(needed_packages "$package" "$version")
	[ ${#list[@]} -gt 0 ] || why "$package $version of Debian sid cannot be installed now"
	rm -rf "$new" "$engines/debs"
	mkdir "$new" "$engines/debs" || why "$engines cannot be written"
	(cd "$engines/debs" && sid_apt apt-get -q download "${list[@]}") ||
		why "the download of $package $version failed"
	for file in "$engines"/debs/*.deb; do
		dpkg-deb -x "$file" "$new" || why "${file##*/} cannot be unpacked"
	done
	rm -rf "$engines/debs"
	mv "$new" "$engines/mysql-$version" || why "$engines cannot be written"
}

mysql_name() {
	local version=${mysql_root##*/mysql-}
	printf 'MySQL %s' "$version"
	[ "$version" = "$mysql_pin" ] || printf ', for Debian sid no longer has %s' "$mysql_pin"
}

# Its own loader, for its own C library.
mysql_loader() {
	printf '%s\n' "$mysql_root"/usr/lib/*-linux-*/ld-linux*.so.* | head -n 1
}
