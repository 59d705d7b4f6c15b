/* Taps whose files are complete, on their way from the writer thread to the caller of the engine. */
#ifndef RB_TAPS_H
#define RB_TAPS_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct rb_tap;
struct rb_writer;

/* A tap from its beginning on; the caller frees it once its end was taken. */
struct rb_tap_end {
    struct rb_tap_end *next;
    struct rb_taps *taps;
    uint32_t leg;
    bool forgotten; /* nobody is told */
    uint64_t packets, dropped;
    int64_t at_ns;
    char fault[128]; /* empty where the file is complete */
    char path[];
};

/* The taps of an engine and the thread that writes their files, which starts with the first of them. */
struct rb_taps {
    struct rb_writer *writer;
    int wake; /* an eventfd, written when there is an end to be taken */
    pthread_mutex_t lock;
    struct rb_tap_end *first, *last;
};

void rb_taps_init(struct rb_taps *taps, int wake);

/* Ends the writer: the end of every tap can be taken now. All taps must be closed. */
void rb_taps_finish(struct rb_taps *taps);

/* Frees the ends that nobody took. */
void rb_taps_free(struct rb_taps *taps);

/* Opens a tap; NULL where there is no memory or no thread. `end` is given what it will be told by. */
struct rb_tap *rb_taps_open(struct rb_taps *taps, uint32_t leg, const char *path, bool keep_payload,
                            struct rb_tap_end **end);

/* Takes the end of a tap; NULL where there is none. */
struct rb_tap_end *rb_taps_take(struct rb_taps *taps);

#endif
