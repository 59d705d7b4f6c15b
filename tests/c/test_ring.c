/* Commands that a full ring refuses, events that a full ring keeps. */
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>

#include "check.h"
#include "ring.h"

static struct rb_commands commands;
static struct rb_events events;

static bool is_signalled(int wake)
{
    struct pollfd ready = {.fd = wake, .events = POLLIN};
    return poll(&ready, 1, 0) == 1;
}

static void a_full_ring_refuses_commands_and_forgets_none(void)
{
    struct rb_command command = {.kind = RB_CLOSE}, pair[2] = {0};
    CHECK(rb_commands_init(&commands));
    for (uint32_t number = 0; number < RB_COMMANDS - 1; number++) {
        command.number = number;
        CHECK(rb_commands_post(&commands, &command, 1));
    }
    CHECK(!rb_commands_post(&commands, pair, 2)); /* both or none */
    CHECK(rb_commands_post(&commands, pair, 1));
    CHECK(!rb_commands_post(&commands, pair, 1));
    for (uint32_t number = 0; number < RB_COMMANDS - 1; number++) {
        CHECK(rb_commands_take(&commands, &command));
        CHECK_EQUAL(command.number, number);
    }
    CHECK(rb_commands_take(&commands, &command));
    CHECK(!rb_commands_take(&commands, &command));
    rb_commands_free(&commands);
}

static void a_reader_that_sleeps_is_woken_and_no_other(void)
{
    const struct rb_command command = {.kind = RB_CLOSE};
    struct rb_command taken;
    CHECK(rb_commands_init(&commands));
    rb_commands_post(&commands, &command, 1);
    CHECK(!is_signalled(commands.wake));
    CHECK(!rb_commands_sleep(&commands)); /* there is something to do */
    CHECK(rb_commands_take(&commands, &taken));
    CHECK(rb_commands_sleep(&commands));
    rb_commands_post(&commands, &command, 1);
    CHECK(is_signalled(commands.wake));
    rb_commands_woken(&commands);
    CHECK(!is_signalled(commands.wake));
    rb_commands_free(&commands);
}

enum { EACH = 20000, POSTERS = 3 };

static void *post_many(void *argument)
{
    struct rb_command command = {.kind = RB_PLAY, .number = *(uint32_t *)argument};
    for (uint32_t play = 0; play < EACH; play++) {
        command.play.play = play;
        while (!rb_commands_post(&commands, &command, 1))
            ;
    }
    return NULL;
}

static void commands_of_several_threads_keep_their_order(void)
{
    pthread_t threads[POSTERS];
    uint32_t numbers[POSTERS], next[POSTERS] = {0}, taken = 0;
    struct rb_command command;
    CHECK(rb_commands_init(&commands));
    for (uint32_t at = 0; at < POSTERS; at++) {
        numbers[at] = at;
        pthread_create(&threads[at], NULL, post_many, &numbers[at]);
    }
    while (taken < POSTERS * EACH) {
        if (!rb_commands_take(&commands, &command))
            continue;
        CHECK_EQUAL(command.play.play, next[command.number]++);
        taken++;
    }
    for (int at = 0; at < POSTERS; at++)
        pthread_join(threads[at], NULL);
    rb_commands_free(&commands);
}

static void tell(enum rb_event_kind kind, uint32_t leg)
{
    const struct rb_event event = {.kind = kind, .leg = leg};
    rb_events_tell(&events, &event);
}

static void digits_and_ends_are_kept_however_many_they_are(void)
{
    enum { TOLD = RB_EVENTS + RB_SPARE + 5000 };
    static struct rb_event taken[1000];
    CHECK(rb_events_init(&events));
    for (uint32_t leg = 0; leg < TOLD; leg++)
        tell(leg % 2 ? RB_DIGIT : RB_PLAY_DONE, leg);
    tell(RB_LATCHED, 1); /* may be dropped by now */
    tell(RB_SILENCE, 1);
    CHECK_EQUAL(events.dropped, 2);
    uint32_t next = 0;
    while (next < TOLD) {
        rb_events_flush(&events);
        size_t count = rb_events_take(&events, taken, 1000);
        for (size_t at = 0; at < count; at++)
            CHECK_EQUAL(taken[at].leg, next++);
    }
    CHECK(rb_events_flush(&events));
    CHECK_EQUAL(rb_events_take(&events, taken, 1000), 0);
    tell(RB_LATCHED, 1);
    CHECK_EQUAL(events.dropped, 2);
    rb_events_free(&events);
}

static void one_wake_up_stands_for_all_that_is_told_until_the_reader_reads(void)
{
    struct rb_event taken[2];
    CHECK(rb_events_init(&events));
    tell(RB_DIGIT, 1);
    CHECK(!is_signalled(events.wake));
    rb_events_flush(&events);
    CHECK(is_signalled(events.wake));
    tell(RB_DIGIT, 2);
    tell(RB_DIGIT, 3);
    rb_events_flush(&events);
    CHECK_EQUAL(rb_events_take(&events, taken, 2), 2);
    CHECK(is_signalled(events.wake)); /* there is more */
    CHECK_EQUAL(rb_events_take(&events, taken, 2), 1);
    CHECK(!is_signalled(events.wake));
    tell(RB_DIGIT, 4);
    rb_events_flush(&events);
    CHECK(is_signalled(events.wake));
    rb_events_free(&events);
}

static void figures_that_nobody_took_are_freed(void)
{
    CHECK(rb_events_init(&events));
    for (int leg = 0; leg < RB_EVENTS + 10; leg++) {
        const struct rb_event event = {.kind = RB_LEG_CLOSED, .statistics = calloc(1, sizeof(struct rb_statistics))};
        rb_events_tell(&events, &event);
    }
    rb_events_free(&events);
}

static void *tell_many(void *nothing)
{
    (void)nothing;
    for (uint32_t leg = 0; leg < 5 * EACH; leg++) {
        tell(RB_DIGIT, leg);
        if (leg % 7 == 0)
            rb_events_flush(&events);
    }
    while (!rb_events_flush(&events))
        ;
    return NULL;
}

static void a_reader_that_waits_for_the_wake_up_misses_nothing(void)
{
    pthread_t teller;
    struct rb_event taken[64];
    uint32_t next = 0;
    CHECK(rb_events_init(&events));
    pthread_create(&teller, NULL, tell_many, NULL);
    while (next < 5 * EACH) {
        struct pollfd ready = {.fd = events.wake, .events = POLLIN};
        poll(&ready, 1, -1);
        size_t count = rb_events_take(&events, taken, 64);
        for (size_t at = 0; at < count; at++)
            CHECK_EQUAL(taken[at].leg, next++);
    }
    pthread_join(teller, NULL);
    rb_events_free(&events);
}

int main(void)
{
    RUN(a_full_ring_refuses_commands_and_forgets_none);
    RUN(a_reader_that_sleeps_is_woken_and_no_other);
    RUN(commands_of_several_threads_keep_their_order);
    RUN(digits_and_ends_are_kept_however_many_they_are);
    RUN(one_wake_up_stands_for_all_that_is_told_until_the_reader_reads);
    RUN(figures_that_nobody_took_are_freed);
    RUN(a_reader_that_waits_for_the_wake_up_misses_nothing);
    return check_report();
}
