#include "ring.h"

#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

static void signal_fd(int wake)
{
    const uint64_t one = 1;
    ssize_t written = write(wake, &one, sizeof one);
    (void)written; /* it fails only where it is signalled already */
}

/* -- commands */

bool rb_commands_init(struct rb_commands *commands)
{
    commands->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    atomic_init(&commands->head, 0);
    atomic_init(&commands->tail, 0);
    atomic_init(&commands->asleep, false);
    pthread_mutex_init(&commands->posting, NULL);
    return commands->wake >= 0;
}

void rb_commands_free(struct rb_commands *commands)
{
    if (commands->wake >= 0)
        close(commands->wake);
    pthread_mutex_destroy(&commands->posting);
}

bool rb_commands_post(struct rb_commands *commands, const struct rb_command *posted, size_t count)
{
    pthread_mutex_lock(&commands->posting); /* never held by the media thread */
    size_t tail = atomic_load(&commands->tail);
    bool fits = count <= RB_COMMANDS - (tail - atomic_load(&commands->head));
    for (size_t at = 0; fits && at < count; at++)
        commands->entries[(tail + at) % RB_COMMANDS] = posted[at];
    if (fits)
        atomic_store(&commands->tail, tail + count);
    pthread_mutex_unlock(&commands->posting);
    rb_commands_wake(commands);
    return fits;
}

void rb_commands_wake(struct rb_commands *commands)
{
    if (atomic_exchange(&commands->asleep, false))
        signal_fd(commands->wake);
}

bool rb_commands_take(struct rb_commands *commands, struct rb_command *taken)
{
    size_t head = atomic_load(&commands->head);
    if (head == atomic_load(&commands->tail))
        return false;
    *taken = commands->entries[head % RB_COMMANDS];
    atomic_store(&commands->head, head + 1);
    return true;
}

bool rb_commands_sleep(struct rb_commands *commands)
{
    atomic_store(&commands->asleep, true);
    if (atomic_load(&commands->head) == atomic_load(&commands->tail))
        return true;
    atomic_store(&commands->asleep, false);
    return false;
}

void rb_commands_woken(struct rb_commands *commands)
{
    uint64_t signalled;
    ssize_t drained = read(commands->wake, &signalled, sizeof signalled);
    (void)drained; /* nothing to read is no fault */
}

/* -- events */

bool rb_events_init(struct rb_events *events)
{
    events->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    atomic_init(&events->head, 0);
    atomic_init(&events->tail, 0);
    atomic_init(&events->armed, true);
    events->told = false;
    events->dropped = 0;
    events->spare = NULL;
    events->spare_first = events->spare_count = events->spare_size = 0;
    return events->wake >= 0;
}

static void free_event(struct rb_event *event)
{
    if (event->kind == RB_LEG_CLOSED)
        free(event->statistics);
}

void rb_events_free(struct rb_events *events)
{
    for (size_t head = events->head; head != events->tail; head++)
        free_event(&events->entries[head % RB_EVENTS]);
    for (size_t at = 0; at < events->spare_count; at++)
        free_event(&events->spare[events->spare_first + at]);
    free(events->spare);
    if (events->wake >= 0)
        close(events->wake);
}

static bool put(struct rb_events *events, const struct rb_event *event)
{
    size_t tail = atomic_load(&events->tail);
    if (tail - atomic_load(&events->head) == RB_EVENTS)
        return false;
    events->entries[tail % RB_EVENTS] = *event;
    atomic_store(&events->tail, tail + 1);
    events->told = true;
    return true;
}

static bool may_be_dropped(const struct rb_event *event)
{
    return event->kind == RB_LATCHED || event->kind == RB_SILENCE;
}

/* Appends to the list, which grows as needed. */
static bool keep(struct rb_events *events, const struct rb_event *event)
{
    if (events->spare_count >= RB_SPARE && may_be_dropped(event))
        return false;
    if (events->spare_first + events->spare_count == events->spare_size) {
        if (events->spare_first > events->spare_size / 2) {
            memmove(events->spare, events->spare + events->spare_first, events->spare_count * sizeof *events->spare);
            events->spare_first = 0;
        } else {
            size_t size = events->spare_size ? 2 * events->spare_size : RB_EVENTS;
            struct rb_event *grown = realloc(events->spare, size * sizeof *grown);
            if (!grown)
                return false;
            events->spare = grown;
            events->spare_size = size;
        }
    }
    events->spare[events->spare_first + events->spare_count++] = *event;
    return true;
}

void rb_events_tell(struct rb_events *events, const struct rb_event *event)
{
    if (events->spare_count == 0 && put(events, event))
        return;
    if (!keep(events, event)) {
        events->dropped++;
        struct rb_event lost = *event;
        free_event(&lost);
    }
}

bool rb_events_flush(struct rb_events *events)
{
    while (events->spare_count && put(events, &events->spare[events->spare_first])) {
        events->spare_first++;
        if (--events->spare_count == 0)
            events->spare_first = 0;
    }
    if (events->told && atomic_exchange(&events->armed, false))
        signal_fd(events->wake);
    events->told = false;
    return events->spare_count == 0;
}

size_t rb_events_take(struct rb_events *events, struct rb_event *taken, size_t room)
{
    uint64_t signalled;
    ssize_t drained = read(events->wake, &signalled, sizeof signalled);
    (void)drained; /* it may be called without being woken */
    atomic_store(&events->armed, true);
    size_t head = atomic_load(&events->head), count = 0;
    while (count < room && head != atomic_load(&events->tail))
        taken[count++] = events->entries[head++ % RB_EVENTS];
    atomic_store(&events->head, head);
    if (count == room && atomic_exchange(&events->armed, false))
        signal_fd(events->wake);
    return count;
}
