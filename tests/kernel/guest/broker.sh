# SPDX-License-Identifier: LGPL-2.1-or-later
# Runs a test broker in the background, and sends it commands. Sourced by guest scripts.
# It fails only if the broker does not answer.

# broker_begin [NAME=STRING...]: arguments of broker.c.
broker_begin() {
	mkfifo /tmp/commands
	broker - "$@" </tmp/commands >/tmp/answers 2>&1 &
	broker_pid=$!
	exec 5>/tmp/commands
}

# tell COMMAND...: sends a command to the broker, and waits for its answer.
tell() {
	: >/tmp/answers
	echo "$*" >&5
	for try in $(seq 300); do
		sleep 0.1
		if grep -q . /tmp/answers; then return; fi
	done
	fail "the broker does not answer to $*"
}

broker_end() {
	echo quit >&5
	exec 5>&-
	wait $broker_pid
	rm /tmp/commands
}
