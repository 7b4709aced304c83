# SPDX-License-Identifier: LGPL-2.1-or-later
# Has a test broker serve in the background and tells it commands; sourced by guest scripts. It judges nothing but silence.

# broker_begin [NAME=STRING...]: as broker.c takes them.
broker_begin() {
	mkfifo /tmp/commands
	broker - "$@" </tmp/commands >/tmp/answers 2>&1 &
	broker_pid=$!
	exec 5>/tmp/commands
}

# tell COMMAND...: hands it to the broker and waits for its answer.
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
