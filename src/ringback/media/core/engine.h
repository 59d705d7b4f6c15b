/* A media thread and what it serves: legs, prompts, and a clock of slots.
 *
 *    each ms   commands --> the slot's legs send --> every socket that is readable is read --> events are flushed
 *
 * With no leg that sends it sleeps until a command or a packet comes. Its lateness never adds up: slots follow an
 * absolute schedule, and after a standstill of more than 100 ms that schedule is moved.
 *
 * The functions here are the caller's; those that post are safe in any thread, the others in one at a time.
 */
#ifndef RB_ENGINE_H
#define RB_ENGINE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "ring.h"
#include "table.h"
#include "taps.h"
#include "wheel.h"

struct rb_engine {
    struct rb_commands commands;
    struct rb_events events;
    struct rb_taps taps;
    pthread_t thread;
    bool running; /* the thread was started and not yet joined */
    atomic_bool stopping;

    /* the thread's own */
    int epoll;
    uint64_t chance;
    struct rb_table legs, prompts;
    struct rb_wheel wheel;
    size_t slot;    /* that is next */
    int64_t due_ns; /* when it is */
};

/* Makes an engine without a thread; NULL with errno set where the system gives no descriptor or no memory. */
struct rb_engine *rb_engine_new(void);

/* Starts the thread; an errno where it cannot. */
int rb_engine_start(struct rb_engine *engine);

/* Obeys what was posted, closes every leg, and ends the thread and the writer; what they told can be taken then. */
void rb_engine_stop(struct rb_engine *engine);

/* Stops and frees it. */
void rb_engine_free(struct rb_engine *engine);

/* Takes at most `room` events; fewer than that are all there are. */
size_t rb_engine_take(struct rb_engine *engine, struct rb_event *events, size_t room);

#endif
