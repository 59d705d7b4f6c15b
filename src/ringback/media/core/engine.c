#include "engine.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "chance.h"
#include "clock.h"
#include "ear.h"
#include "leg.h"
#include "tap.h"

#define SLOT RB_MS
#define MAX_LATE 100       /* slots that are made up for in a burst; after a longer standstill the schedule is moved */
#define OBEYED 256         /* commands between two slots, at most */
#define READY 512          /* sockets that one call tells of */
#define ROUNDS 32          /* packets that are read of one socket between two slots, at most */
#define POSTED 4           /* times that commands are looked for before packets are read, at most */
#define SPARE_WAIT 10      /* ms, while there are events without room in the ring */
#define REALTIME 1         /* priority: above all that is not real-time, below what is */
#define NICE (-10)         /* where that is not allowed */

struct rb_engine *rb_engine_new(void)
{
    struct rb_engine *engine = calloc(1, sizeof *engine);
    if (!engine)
        return NULL;
    atomic_init(&engine->stopping, false);
    rb_chance_fill(&engine->chance, sizeof engine->chance);
    engine->chance |= 1;
    engine->epoll = epoll_create1(EPOLL_CLOEXEC);
    bool made = rb_commands_init(&engine->commands) & rb_events_init(&engine->events);
    rb_taps_init(&engine->taps, engine->events.wake);
    struct epoll_event woken = {.events = EPOLLIN};
    if (!made || engine->epoll < 0
        || epoll_ctl(engine->epoll, EPOLL_CTL_ADD, engine->commands.wake, &woken) < 0) {
        int fault = errno;
        rb_engine_free(engine);
        errno = fault;
        return NULL;
    }
    return engine;
}

/* -- commands */

static void forget_prompt(struct rb_engine *engine, uint32_t number)
{
    struct rb_prompt *prompt = rb_table_remove(&engine->prompts, number);
    if (prompt)
        rb_prompt_release(prompt);
}

static void register_prompt(struct rb_engine *engine, uint32_t number, struct rb_prompt *prompt)
{
    forget_prompt(engine, number);
    if (!rb_table_put(&engine->prompts, number, prompt))
        rb_prompt_release(prompt); /* its plays are over at once */
}

static void open_leg(struct rb_engine *engine, const struct rb_command *command, int64_t now_ns)
{
    struct rb_leg *leg = rb_leg_new(command, &engine->events, &engine->chance);
    if (!leg) {
        close(command->open.rtp);
        close(command->open.rtcp);
        const struct rb_event event = {.kind = RB_LEG_CLOSED, .leg = command->number, .at_ns = now_ns};
        rb_events_tell(&engine->events, &event);
        return;
    }
    if (!rb_ear_open(&leg->rtp, engine->epoll) || !rb_ear_open(&leg->rtcp, engine->epoll)
        || !rb_table_put(&engine->legs, leg->number, leg))
        rb_leg_close(leg, now_ns);
}

static void close_leg(struct rb_engine *engine, struct rb_leg *leg, int64_t now_ns)
{
    rb_leg_unbridge(leg);
    rb_wheel_remove(&engine->wheel, leg, &leg->place);
    rb_table_remove(&engine->legs, leg->number);
    rb_leg_close(leg, now_ns);
}

static void connect_leg(struct rb_engine *engine, struct rb_leg *leg, const struct rb_remote *remote, int64_t now_ns)
{
    rb_leg_connect(leg, remote, now_ns);
    if (leg->place.step == remote->packet_ms)
        return;
    rb_wheel_remove(&engine->wheel, leg, &leg->place);
    if (!rb_wheel_place(&engine->wheel, leg, &leg->place, remote->packet_ms))
        close_leg(engine, leg, now_ns);
}

static void bridge_legs(struct rb_engine *engine, struct rb_leg *leg, uint32_t number)
{
    struct rb_leg *other = rb_table_find(&engine->legs, number);
    if (other && other != leg)
        rb_leg_bridge(leg, other);
}

/* Obeys a command for a leg that is open. */
static void obey_leg(struct rb_engine *engine, struct rb_leg *leg, const struct rb_command *command, int64_t now_ns)
{
    switch (command->kind) {
    case RB_CONNECT:
        connect_leg(engine, leg, &command->remote, now_ns);
        break;
    case RB_SECURE:
        if (!rb_leg_secure(leg, &command->keys))
            close_leg(engine, leg, now_ns);
        break;
    case RB_UNSECURE:
        rb_leg_unsecure(leg);
        break;
    case RB_PLAY:
        rb_leg_play(leg, command->play.play, rb_table_find(&engine->prompts, command->play.prompt),
                    command->play.repetitions, now_ns);
        break;
    case RB_STOP_PLAY:
        rb_playout_stop(&leg->playout);
        break;
    case RB_PRESS:
        for (size_t at = 0; at < sizeof command->digits; at++)
            rb_digit_sender_press(&leg->keys, command->digits[at]);
        break;
    case RB_BRIDGE:
        bridge_legs(engine, leg, command->other);
        break;
    case RB_UNBRIDGE:
        rb_leg_unbridge(leg);
        break;
    case RB_TAP:
        rb_leg_tap(leg, command->tap);
        break;
    case RB_CLOSE:
        close_leg(engine, leg, now_ns);
        break;
    default:
        break;
    }
}

/* Lets go of what comes with a command that is not obeyed. */
static void drop(const struct rb_command *command)
{
    switch (command->kind) {
    case RB_OPEN:
        close(command->open.rtp);
        close(command->open.rtcp);
        break;
    case RB_REGISTER:
        rb_prompt_release(command->prompt);
        break;
    case RB_TAP:
        rb_tap_close(command->tap);
        break;
    default:
        break;
    }
}

static void obey_one(struct rb_engine *engine, const struct rb_command *command, int64_t now_ns)
{
    struct rb_leg *leg;
    switch (command->kind) {
    case RB_REGISTER:
        register_prompt(engine, command->number, command->prompt);
        break;
    case RB_FORGET:
        forget_prompt(engine, command->number);
        break;
    case RB_OPEN:
        open_leg(engine, command, now_ns);
        break;
    default:
        leg = rb_table_find(&engine->legs, command->number);
        if (leg)
            obey_leg(engine, leg, command, now_ns);
        else
            drop(command);
    }
}

/* Obeys what was posted, up to a bound; false where nothing was. */
static bool obey(struct rb_engine *engine)
{
    struct rb_command command;
    if (!rb_commands_take(&engine->commands, &command))
        return false;
    int64_t now_ns = rb_now();
    int obeyed = 0;
    do {
        obey_one(engine, &command, now_ns);
    } while (++obeyed < OBEYED && rb_commands_take(&engine->commands, &command));
    return true;
}

/* -- hearing */

/* Reads a packet of every socket that has one; false where none has.
 * Commands that were posted before a packet came are obeyed before it is read, or they wait for many others. */
static bool sweep(struct rb_engine *engine, int wait_ms)
{
    struct epoll_event ready[READY];
    int count = epoll_wait(engine->epoll, ready, READY, wait_ms);
    for (int round = 0; round < POSTED && obey(engine); round++)
        count = epoll_wait(engine->epoll, ready, READY, 0);
    int64_t now_ns = rb_now();
    int64_t real_minus_monotonic_ns = rb_read_clock(CLOCK_REALTIME) - now_ns;
    for (int at = 0; at < count; at++) {
        if (ready[at].data.ptr)
            rb_ear_read(ready[at].data.ptr, real_minus_monotonic_ns, now_ns);
        else
            rb_commands_woken(&engine->commands);
    }
    return count > 0;
}

/* -- time */

static void skip(struct rb_engine *engine, int64_t slots)
{
    engine->due_ns += slots * SLOT;
    for (size_t at = 0; at < engine->legs.size; at++) {
        struct rb_leg *leg = engine->legs.rows[at].value;
        if (leg && leg->place.step)
            rb_leg_skip(leg, (uint32_t)(slots * SLOT * RB_RATE / RB_SECOND));
    }
}

/* Lets the legs of every slot that is due send. */
static void turn(struct rb_engine *engine)
{
    int64_t now_ns = rb_now();
    int64_t late = (now_ns - engine->due_ns) / SLOT;
    if (late > MAX_LATE)
        skip(engine, late);
    while (engine->due_ns <= now_ns) {
        const struct rb_slot *slot = &engine->wheel.slots[engine->slot];
        for (size_t at = 0; at < slot->count; at++)
            rb_leg_tick(slot->legs[at], now_ns);
        engine->slot = (engine->slot + 1) % RB_SLOTS;
        engine->due_ns += SLOT;
    }
}

static void wait_for_slot(const struct rb_engine *engine)
{
    const struct timespec due = {engine->due_ns / RB_SECOND, engine->due_ns % RB_SECOND};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL);
}

/* Nothing is sent: sleeps until a command or a packet comes. */
static void idle(struct rb_engine *engine, bool all_told)
{
    if (rb_commands_sleep(&engine->commands))
        sweep(engine, all_told ? -1 : SPARE_WAIT);
    engine->due_ns = rb_now();
}

/* Asks for what keeps the pace under load; a machine that does not allow it keeps it as well as it can. */
static void hurry(void)
{
    const struct sched_param priority = {.sched_priority = REALTIME};
    prctl(PR_SET_TIMERSLACK, 1);
    prctl(PR_SET_NAME, "ringback-media");
    if (pthread_setschedparam(pthread_self(), SCHED_RR, &priority) != 0)
        setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), NICE);
}

static void close_all(struct rb_engine *engine)
{
    for (size_t at = 0; at < engine->legs.size;) {
        struct rb_leg *leg = engine->legs.rows[at].value;
        if (leg)
            close_leg(engine, leg, rb_now()); /* another one may move to this row */
        else
            at++;
    }
}

/* Reads what has come, and what comes meanwhile, while there is time: a flood delays no other leg's packets. */
static void listen_until_slot(struct rb_engine *engine)
{
    int round = 0;
    while (sweep(engine, 0) && ++round < ROUNDS && rb_now() < engine->due_ns)
        ;
}

static void *run(void *argument)
{
    struct rb_engine *engine = argument;
    hurry();
    engine->due_ns = rb_now();
    for (;;) {
        bool stopping = atomic_load(&engine->stopping);
        if (!obey(engine) && stopping)
            break;
        bool all_told = rb_events_flush(&engine->events);
        if (engine->wheel.legs == 0) {
            if (!stopping)
                idle(engine, all_told);
            continue;
        }
        wait_for_slot(engine);
        turn(engine);
        listen_until_slot(engine);
    }
    close_all(engine);
    rb_events_flush(&engine->events);
    return NULL;
}

/* -- the caller's */

int rb_engine_start(struct rb_engine *engine)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before); /* signals are for the threads of Python */
    int fault = pthread_create(&engine->thread, NULL, run, engine);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    engine->running = fault == 0;
    return fault;
}

/* Lets go of what was posted and never obeyed: the thread never ran. */
static void drop_commands(struct rb_engine *engine)
{
    struct rb_command command;
    while (rb_commands_take(&engine->commands, &command))
        drop(&command);
}

void rb_engine_stop(struct rb_engine *engine)
{
    if (engine->running) {
        atomic_store(&engine->stopping, true);
        rb_commands_wake(&engine->commands);
        pthread_join(engine->thread, NULL);
        engine->running = false;
    }
    drop_commands(engine);
    rb_taps_finish(&engine->taps);
}

void rb_engine_free(struct rb_engine *engine)
{
    rb_engine_stop(engine);
    for (size_t at = 0; at < engine->prompts.size; at++)
        if (engine->prompts.rows[at].value)
            rb_prompt_release(engine->prompts.rows[at].value);
    rb_table_free(&engine->prompts);
    rb_table_free(&engine->legs);
    rb_wheel_free(&engine->wheel);
    rb_taps_free(&engine->taps);
    rb_events_free(&engine->events);
    rb_commands_free(&engine->commands);
    if (engine->epoll >= 0)
        close(engine->epoll);
    free(engine);
}

size_t rb_engine_take(struct rb_engine *engine, struct rb_event *events, size_t room)
{
    if (!engine->running)
        rb_events_flush(&engine->events);
    return rb_events_take(&engine->events, events, room);
}
