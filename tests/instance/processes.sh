# shellcheck shell=bash
# The parts of an instance as processes: started, found again by another ./run, waited for, ended.
# Sourced by ./run.

# Each part leads a session of its own, whose number is the part's process id. So what a dead
# leader left behind can still be found.
recorded_pid() {
	local pid=
	[ ! -f "$run_dir/$1.pid" ] || read -r pid <"$run_dir/$1.pid" || true
	[[ $pid =~ ^[1-9][0-9]*$ ]] && printf '%s' "$pid"
}

# Leaves a process's $state and $session. In its line of /proc they follow the name, which may hold
# blanks and brackets.
read_stat() {
	local line
	{ read -r line <"/proc/$1/stat"; } 2>/dev/null || return 1
	read -r state _ _ session _ <<<"${line##*) }"
}

# A zombie has ended, though nobody has noticed.
is_process() {
	local state session
	read_stat "$1" && [[ $state != [ZX] ]]
}

# The strings of a file of /proc, a line each; none if the process has just gone.
strings_of() {
	{ tr '\0' '\n' <"$1"; } 2>/dev/null
}

# Not grep -q: whoever writes to it would end by a signal, which counts as a failure.
has() {
	grep -F "${@:1:$#-1}" -- "${!#}" >/dev/null
}

# A number alone proves nothing: it may have been given to a stranger since.
is_ours() {
	local part=$1 pid=$2 words
	case $part in
	mariadbd) strings_of "/proc/$pid/cmdline" | has -x "--datadir=$var/mysql" ;;
	mysqld) strings_of "/proc/$pid/cmdline" | has -x "--datadir=$var/mysql-data" ;;
	pool) strings_of "/proc/$pid/environ" | has -x "STOK_DB_OPTIONS=$var/my.cnf" ;;
	# nginx writes its title over both, all words in one string; a worker's title says nothing.
	nginx) strings_of "/proc/$pid/cmdline" | paste -sd ' ' | has " -c $var/nginx/nginx.conf" ;;
	# So does PHP-FPM: "php-fpm: master process (FILE)".
	shop)
		words=$(strings_of "/proc/$pid/cmdline" | paste -sd ' ')
		[[ $words == *php-fpm*[\ \(]"$var/php-fpm.conf"* ]]
		;;
	esac
}

is_left_over() {
	local part=$1 pid=$2
	case $part in
	nginx) [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = nginx ] ;;
	shop) [[ $(cat "/proc/$pid/comm" 2>/dev/null) == php-fpm* ]] ;;
	*) is_ours "$part" "$pid" ;;
	esac
}

# The part's process id, if it lives.
living_pid() {
	local pid
	pid=$(recorded_pid "$1") && is_process "$pid" && is_ours "$1" "$pid" && printf '%s' "$pid"
}

# No function is called with its output redirected, but in a subshell: an interrupt meanwhile would
# find the script's own output redirected.
is_alive() {
	[ -n "$(living_pid "$1")" ]
}

# Not at one look: while a program writes its title, it passes for a stranger.
has_ended() {
	! is_alive "$1" || return 1
	sleep 0.3
	! is_alive "$1"
}

# Living processes of the part's session, its leader or not.
members() {
	local part=$1 leader folder pid state session
	leader=$(recorded_pid "$part") || return 0
	is_process "$leader" && ! is_ours "$part" "$leader" && return 0
	for folder in /proc/[1-9]*; do
		pid=${folder#/proc/}
		read_stat "$pid" || continue
		[[ $session == "$leader" && $state != [ZX] ]] || continue
		if [ "$pid" = "$leader" ] || is_left_over "$part" "$pid"; then
			printf '%s\n' "$pid"
		fi
	done
}

signal_all() {
	local signal=$1 pid
	shift
	for pid in "$@"; do
		kill -s "$signal" "$pid" 2>/dev/null || true
	done
}

# Waits until nothing of the part lives, for so many tenths of a second.
wait_gone() {
	local part=$1 tenths=$2
	while [ -n "$(members "$part")" ]; do
		[ "$tenths" -gt 0 ] || return 1
		tenths=$((tenths - 1))
		sleep 0.1
	done
}

# end_part PART SIGNAL TENTHS: the leader, or what it left behind, is asked to end, then made to.
end_part() {
	local part=$1 signal=$2 tenths=$3 pid list
	mapfile -t list < <(members "$part")
	if pid=$(living_pid "$part"); then
		signal_all "$signal" "$pid"
	else
		signal_all "$signal" "${list[@]}"
	fi
	if ! wait_gone "$part" "$tenths"; then
		say "$part did not end in $((tenths / 10)) s and is killed"
		mapfile -t list < <(members "$part")
		signal_all KILL "${list[@]}"
		wait_gone "$part" 50 || die "cannot end $part: process ${list[*]}"
	fi
	rm -f "$run_dir/$part.pid"
}

# QUIT lets nginx and PHP-FPM answer what they have accepted; multiwatch passes any of its signals on as USR1, at
# which stokd ends in the same way.
stop_part() {
	case $1 in
	nginx) end_part nginx QUIT 150 ;;
	pool) end_part pool TERM 200 ;;
	*) end_part "$1" TERM 600 ;;
	esac
}

stop_all() {
	stop_part nginx
	stop_part shop
	stop_part pool
	stop_part "$database"
	rm -f "$run_dir/port"
}

forget_run_dir() {
	[ ! -L "$var/run" ] || rm -rf "$run_dir" "$var/run"
}

is_anything_left() {
	local part
	for part in "${parts[@]}"; do
		is_alive "$part" && return 0
		[ -z "$(members "$part")" ] || return 0
	done
	return 1
}

# What goes on would hold what it inherits: our lock, or a pipe of make, which waits for its end.
close_inherited() {
	local fd
	for fd in "/proc/$BASHPID/fd"/*; do
		fd=${fd##*/}
		[ "$fd" -le 2 ] || eval "exec $fd>&-"
	done
}

# launch PART COMMAND...: in a session of its own, out of reach of the terminal's Ctrl-C. Its
# output goes to the part's log.
launch() {
	local part=$1
	shift
	(
		close_inherited
		exec setsid "$@"
	) </dev/null >>"$var/log/$(log_of "$part")" 2>&1 &
	printf '%s\n' "$!" >"$run_dir/$part.pid"
	wait_for_program "$part" "$!"
}

# Between fork and exec the process is still this script, and would pass for a stranger.
wait_for_program() {
	local tries=100
	until is_ours "$1" "$2" || ! is_process "$2" || [ "$tries" -eq 0 ]; do
		tries=$((tries - 1))
		sleep 0.02
	done
}

log_of() {
	case $1 in
	nginx) printf error.log ;;
	pool) printf stokd.log ;;
	*) printf '%s.log' "$1" ;;
	esac
}

# fail PART WORDS: with the end of its log.
fail() {
	local log
	log=$var/log/$(log_of "$1")
	printf -- '--- the end of %s ---\n' "$log" >&2
	tail -n 15 "$log" >&2 || true
	die "${*:2}"
}

# wait_for PART TENTHS COMMAND...: until the command succeeds; at once a failure if the part dies.
wait_for() {
	local part=$1 tenths=$2
	shift 2
	until "$@"; do
		! has_ended "$part" || fail "$part" "$part has ended"
		[ "$tenths" -gt 0 ] || fail "$part" "$part does not answer"
		tenths=$((tenths - 1))
		sleep 0.1
	done
}
