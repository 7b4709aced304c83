/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Shared by the actors of the mix: the devices with their known state, the periods
 * between changes, and random numbers. Actors that ask (mix-ask.c) compare each answer
 * with the known state. Actors that change it (mix-change.c) announce that.
 */
#ifndef MIX_H
#define MIX_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include "daemon-support.h"

#define MIX_STRING_MAX 4096
#define MIX_COUNT(table) (sizeof(table) / sizeof((table)[0]))

enum mix_group { MIX_TWO_PORTS, MIX_ONE_PORT, MIX_PLAIN, MIX_GROUPS };
enum mix_visit { MIX_STAYS, MIX_PLAIN_MDEV, MIX_MTTY_MDEV, MIX_CARD };

struct mix_device {
	const char *name; /* in /sys/class/migcompat */
	const char *id;   /* as commands print it */
	enum mix_group group;
	enum mix_visit visit;
	bool card;
	atomic_bool present;
	atomic_bool held;
};

#define MIX_DEVICES 14
extern struct mix_device mix_devices[MIX_DEVICES];
extern char mix_strings[MIX_GROUPS][MIX_STRING_MAX]; /* of one device of each group, compatible with
							all of the group */
extern atomic_bool mix_deny;                         /* the policy denies cards as targets */

/* The service. It is started and ended only while all actors pause. */
extern struct daemon_process mix_daemon;

/*
 * A change that may turn a verdict is made between these two calls. No change happens
 * while mix_lock is held for reading. Without it, an actor checks that mix_changes is
 * even, and the same before and after.
 */
extern pthread_rwlock_t mix_lock;
extern atomic_uint mix_changes;
void mix_change_begin(void);
void mix_change_end(void);
/* Odd while the backend mtty is parked. There is no reload meanwhile. */
extern atomic_uint mix_parked;

struct mix_moment {
	unsigned int changes;
	unsigned int parked;
	bool fits; /* source and target are compatible, by the known state */
};
struct mix_moment mix_moment_take(enum mix_group source, const struct mix_device *target);
/*
 * Compare an answer with the known state: 0 yes; -EINVAL, -EBUSY and -EPERM no; others
 * unknown. Not compared if something changed.
 */
void mix_moment_check(const struct mix_moment *moment, enum mix_group source,
		      const struct mix_device *target, ssize_t result, const char *way);

/* ---------------------------------------------------------------- actors */

struct mix_actor {
	const char *name;
	void (*act)(struct mix_actor *actor); /* one operation */
	unsigned int pause_ms;                /* maximum pause between two operations */
	uint64_t chance;
	int fd; /* connection or session of the actor; -1: none */
	atomic_ulong done;
	pthread_t thread;
};

/* A number from 0 to count - 1. */
unsigned long mix_choose(struct mix_actor *actor, unsigned long count);
struct mix_device *mix_choose_device(struct mix_actor *actor);
/*
 * A string of the group with the same meaning. Two of three were never asked before, if
 * the group's strings can vary.
 */
enum mix_group mix_choose_string(struct mix_actor *actor, char string[static MIX_STRING_MAX]);

void mix_write(struct mix_actor *actor);
void mix_session(struct mix_actor *actor);
void mix_varlink(struct mix_actor *actor);
void mix_own(struct mix_actor *actor);
void mix_crowd(struct mix_actor *actor);
void mix_hold(struct mix_actor *actor);
void mix_reload(struct mix_actor *actor);
void mix_visit(struct mix_actor *actor);
void mix_kill(struct mix_actor *actor);

/*
 * How often a yes was compared with the program's own workers, and how many calls of a
 * crowd got no reply.
 */
extern atomic_ulong mix_compared, mix_unanswered;

/*
 * Ask as many questions at once as the service accepts, and wait for all answers. This is
 * the largest use of memory. Memory is measured after it, because the mix's own peak is
 * random.
 */
void mix_peak(void);

/*
 * All devices exist and are not held, the policy is the initial one, and all workers are
 * new.
 */
void mix_change_back(void);

#endif
