/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the mix's actors share: the devices with what is known of each, the moments between changes,
 * and chance. Those who ask (mix-ask.c) hold each yes against what is known; those who change
 * (mix-change.c) tell what they did.
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
	const char *id;	  /* as commands have it */
	enum mix_group group;
	enum mix_visit visit;
	bool card;
	atomic_bool present;
	atomic_bool held;
};

#define MIX_DEVICES 14
extern struct mix_device mix_devices[MIX_DEVICES];
extern char mix_strings[MIX_GROUPS][MIX_STRING_MAX]; /* of a device of each group, which fits all of
							that group */
extern atomic_bool mix_deny;			     /* the policy refuses cards as targets */

/* The service; its process is only started and ended while all rest. */
extern struct daemon_process mix_daemon;

/*
 * A change that may turn a verdict is made between these two. Who has mix_lock for reading sees
 * none; who has it not looks whether mix_changes is even and the same before and after.
 */
extern pthread_rwlock_t mix_lock;
extern atomic_uint mix_changes;
void mix_change_begin(void);
void mix_change_end(void);
/* Odd while the backend mtty is parked. No reload is made meanwhile. */
extern atomic_uint mix_parked;

struct mix_moment {
	unsigned int changes;
	unsigned int parked;
	bool fits; /* by all that is known, source and target are compatible */
};
struct mix_moment mix_moment_take(enum mix_group source, const struct mix_device *target);
/* Holds an answer against what was known: 0 yes, -EINVAL, -EBUSY and -EPERM no, others could not be
 * told. Nothing if something changed. */
void mix_moment_check(const struct mix_moment *moment, enum mix_group source,
		      const struct mix_device *target, ssize_t result, const char *way);

/* ---------------------------------------------------------------- actors */

struct mix_actor {
	const char *name;
	void (*act)(struct mix_actor *actor); /* one deed */
	unsigned int pause_ms;		      /* at most, between two deeds */
	uint64_t chance;
	int fd; /* its own connection or session; -1: none */
	atomic_ulong done;
	pthread_t thread;
};

/* 0 to count - 1. */
unsigned long mix_choose(struct mix_actor *actor, unsigned long count);
struct mix_device *mix_choose_device(struct mix_actor *actor);
/* A string of the group that means what all of it do; of two in three nobody has asked before, if
 * the group's strings can vary. */
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

/* How many yes were held against the program's own workers, and how many calls a crowd made without
 * a reply. */
extern atomic_ulong mix_compared, mix_unanswered;

/*
 * As many questions at once as the service takes, and all of them answered: what it needs at most.
 * Memory is measured after this, since how many questions a mix has at once is chance.
 */
void mix_peak(void);

/* All devices here and not held, no policy of ours, every worker new. */
void mix_change_back(void);

#endif
