#include "taps.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "tap.h"
#include "writer.h"

/* Bytes that wait for the disk, at most, and memory only once they do. A tap fills a block of 16 KiB at a time: a thousand
 * of them hold 16 MiB, and the rest is for a disk that is slow. */
#define WAITING (128 * 1024 * 1024)

void rb_taps_init(struct rb_taps *taps, int wake)
{
    *taps = (struct rb_taps){.wake = wake};
    pthread_mutex_init(&taps->lock, NULL);
}

void rb_taps_finish(struct rb_taps *taps)
{
    if (taps->writer)
        rb_writer_free(taps->writer);
    taps->writer = NULL;
}

void rb_taps_free(struct rb_taps *taps)
{
    struct rb_tap_end *end;
    while ((end = rb_taps_take(taps)))
        free(end);
    pthread_mutex_destroy(&taps->lock);
}

/* In the writer thread. */
static void done(void *context, uint64_t packets, uint64_t dropped, const char *fault)
{
    struct rb_tap_end *end = context;
    struct rb_taps *taps = end->taps;
    if (end->forgotten) {
        free(end);
        return;
    }
    end->packets = packets;
    end->dropped = dropped;
    end->at_ns = rb_now();
    snprintf(end->fault, sizeof end->fault, "%s", fault);
    pthread_mutex_lock(&taps->lock);
    if (taps->last)
        taps->last->next = end;
    else
        taps->first = end;
    taps->last = end;
    pthread_mutex_unlock(&taps->lock);
    const uint64_t one = 1;
    ssize_t written = write(taps->wake, &one, sizeof one);
    (void)written; /* it fails only where it is signalled already */
}

struct rb_tap *rb_taps_open(struct rb_taps *taps, uint32_t leg, const char *path, bool keep_payload,
                            struct rb_tap_end **end)
{
    if (!taps->writer && !(taps->writer = rb_writer_new(WAITING)))
        return NULL;
    struct rb_tap_end *made = calloc(1, sizeof *made + strlen(path) + 1);
    if (!made)
        return NULL;
    made->taps = taps;
    made->leg = leg;
    memcpy(made->path, path, strlen(path) + 1);
    struct rb_tap *tap = rb_tap_open(taps->writer, path, keep_payload, done, made);
    if (!tap)
        free(made);
    *end = made;
    return tap;
}

struct rb_tap_end *rb_taps_take(struct rb_taps *taps)
{
    pthread_mutex_lock(&taps->lock);
    struct rb_tap_end *end = taps->first;
    if (end)
        taps->first = end->next;
    if (!taps->first)
        taps->last = NULL;
    pthread_mutex_unlock(&taps->lock);
    return end;
}
