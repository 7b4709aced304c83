# SPDX-License-Identifier: LGPL-2.1-or-later
# What the guest scripts of module and service share: failures that are counted and told, programs that are run, memory that is looked
# after. Sourced by them.

failures=0
fail() {
	failures=$((failures + 1))
	echo "FAILED: $*" | tee -a /out/failures.txt
}

# run PROGRAM ARGUMENT...: its output is shown as it comes, and comes back whole.
run() {
	echo "$*:"
	{ "$@" 2>&1; echo $? >/tmp/status; } | tee "/out/$1.txt"
	[ "$(cat /tmp/status)" = 0 ] || fail "$* ended with $(cat /tmp/status)"
}

# For limits and the freezer of processes. The folder is there if the kernel has cgroups.
mount_cgroups() { [ ! -d /sys/fs/cgroup ] || mount -t cgroup2 cgroup2 /sys/fs/cgroup; }

leaks=/sys/kernel/debug/kmemleak
leaks_begin() { [ ! -e $leaks ] || echo clear >$leaks; }
# What is not referenced any more is told when it is some seconds old, and a second look drops what was merely on its way.
leaks_end() {
	[ -e $leaks ] || return 0
	sleep 6
	echo scan >$leaks
	echo scan >$leaks
	cat $leaks >/out/leaks.txt
	[ ! -s /out/leaks.txt ] || fail "memory is lost: $(head -c 4096 /out/leaks.txt)"
}
