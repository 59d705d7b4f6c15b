/* What C tests of the writer and of taps share: a folder, files read back, and an end that can be waited for. */
#ifndef RB_TESTS_WRITTEN_H
#define RB_TESTS_WRITTEN_H

#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"

/* How a file ended; `reached` is posted when that is known, and `held` is waited for in the writer thread. */
struct outcome {
    uint64_t records, dropped;
    int times;
    char fault[128];
    sem_t *reached, *held;
};

static inline void outcome_done(void *context, uint64_t records, uint64_t dropped, const char *fault)
{
    struct outcome *outcome = context;
    outcome->records = records;
    outcome->dropped = dropped;
    outcome->times++;
    snprintf(outcome->fault, sizeof outcome->fault, "%s", fault);
    sem_t *reached = outcome->reached, *held = outcome->held; /* once it is told, the outcome may be gone */
    if (reached)
        sem_post(reached);
    if (held)
        sem_wait(held);
}

static inline void check_outcome(const struct outcome *outcome, uint64_t records, uint64_t dropped, const char *fault)
{
    CHECK_EQUAL(outcome->times, 1);
    CHECK_EQUAL(outcome->records, records);
    CHECK_EQUAL(outcome->dropped, dropped);
    if (strcmp(outcome->fault, fault) != 0)
        CHECK_FAILED("the fault is \"%s\", not \"%s\"", outcome->fault, fault);
}

static char written_folder[64];

static inline void make_folder(void)
{
    snprintf(written_folder, sizeof written_folder, "/tmp/ringback-test-XXXXXX");
    if (!mkdtemp(written_folder))
        abort();
}

/* The path of a file in the folder; good until the sixteenth next call. */
static inline const char *in_folder(const char *name)
{
    static char paths[16][160];
    static int next;
    char *path = paths[next++ % 16];
    snprintf(path, sizeof paths[0], "%s/%s", written_folder, name);
    return path;
}

/* A file's bytes, to be freed, and its size; -1 where there is none. It is removed. */
static inline uint8_t *take_file(const char *path, long *size)
{
    FILE *file = fopen(path, "rb");
    *size = -1;
    if (!file)
        return NULL;
    fseek(file, 0, SEEK_END);
    *size = ftell(file);
    rewind(file);
    uint8_t *bytes = malloc((size_t)*size + 1);
    if (!bytes || fread(bytes, 1, (size_t)*size, file) != (size_t)*size)
        abort();
    fclose(file);
    unlink(path);
    return bytes;
}

#endif
