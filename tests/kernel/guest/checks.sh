# SPDX-License-Identifier: LGPL-2.1-or-later
# Shared by the guest scripts of module and service: counting failures, running programs,
# checking memory. Sourced by them.

failures=0
fail() {
	failures=$((failures + 1))
	echo "FAILED: $*" | tee -a /out/failures.txt
}

# run PROGRAM ARGUMENT...: shows its output at once, and copies it to a file.
run() {
	echo "$*:"
	{ "$@" 2>&1; echo $? >/tmp/status; } | tee "/out/$1.txt"
	[ "$(cat /tmp/status)" = 0 ] || fail "$* ended with $(cat /tmp/status)"
}

# For limits and the freezer. The folder exists if the kernel has cgroups.
mount_cgroups() { [ ! -d /sys/fs/cgroup ] || mount -t cgroup2 cgroup2 /sys/fs/cgroup; }

leaks=/sys/kernel/debug/kmemleak
leaks_begin() { [ ! -e $leaks ] || echo clear >$leaks; }
# kmemleak reports objects that are some seconds old. A second scan drops false reports.
leaks_end() {
	[ -e $leaks ] || return 0
	sleep 6
	echo scan >$leaks
	echo scan >$leaks
	cat $leaks >/out/leaks.txt
	[ ! -s /out/leaks.txt ] || fail "memory is lost: $(head -c 4096 /out/leaks.txt)"
}
