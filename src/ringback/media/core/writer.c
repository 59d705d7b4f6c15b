#include "writer.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NONE UINT32_MAX /* no block */
#define TOO_SLOW "the disk was too slow"

_Static_assert(sizeof(struct rb_block) == RB_BLOCK_BYTES, "the head of a block is 16 bytes");

/* Blocks by number, the last one in on top. The upper half of the word counts changes, so that a top that left and came
 * back between a look and the exchange is noticed. */
struct stack {
    _Atomic uint64_t top;
};

enum state { UNOPENED, OPEN, FAULTY };

struct rb_file {
    struct rb_writer *writer;
    struct rb_file *next; /* in the list of closed ones: the one closed before */
    rb_file_done done;
    void *context;
    uint64_t unplaced; /* records that found no block; the producer's until the file is closed */
    /* the rest belongs to the writer thread */
    uint64_t records, dropped;
    off_t size;
    enum state state;
    int descriptor;
    int fault; /* errno */
    char path[];
};

struct rb_writer {
    struct rb_block *blocks;
    _Atomic uint32_t *below; /* of every block: the one below it in its stack */
    struct stack free, full;
    _Atomic(struct rb_file *) closed;
    atomic_bool ending;
    sem_t handed_over;
    pthread_t thread;
};

/* ---------------------------------------------------------------- stacks */

static uint64_t top_of(uint64_t before, uint32_t block)
{
    return ((before >> 32) + 1) << 32 | block;
}

static void push(struct rb_writer *writer, struct stack *stack, uint32_t block)
{
    uint64_t top = atomic_load_explicit(&stack->top, memory_order_relaxed);
    do
        atomic_store_explicit(&writer->below[block], (uint32_t)top, memory_order_relaxed);
    while (!atomic_compare_exchange_weak_explicit(&stack->top, &top, top_of(top, block), memory_order_release,
                                                  memory_order_relaxed));
}

static uint32_t pop(struct rb_writer *writer, struct stack *stack)
{
    uint64_t top = atomic_load_explicit(&stack->top, memory_order_acquire);
    uint32_t below;
    do {
        if ((uint32_t)top == NONE)
            return NONE;
        below = atomic_load_explicit(&writer->below[(uint32_t)top], memory_order_relaxed);
    } while (!atomic_compare_exchange_weak_explicit(&stack->top, &top, top_of(top, below), memory_order_acquire,
                                                    memory_order_acquire));
    return (uint32_t)top;
}

/* Takes all, and gives the first that was pushed; `below` leads to those after it. */
static uint32_t take_all(struct rb_writer *writer, struct stack *stack)
{
    uint64_t top = atomic_load_explicit(&stack->top, memory_order_acquire);
    while (!atomic_compare_exchange_weak_explicit(&stack->top, &top, top_of(top, NONE), memory_order_acquire,
                                                  memory_order_acquire))
        ;
    uint32_t first = NONE;
    for (uint32_t block = (uint32_t)top, below; block != NONE; block = below) {
        below = atomic_load_explicit(&writer->below[block], memory_order_relaxed);
        atomic_store_explicit(&writer->below[block], first, memory_order_relaxed);
        first = block;
    }
    return first;
}

/* ---------------------------------------------------------------- the writer thread */

/* O_EXCL: what is there is never overwritten, and nothing is opened that could block or is not ours. */
static void open_file(struct rb_file *file)
{
    file->descriptor = open(file->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    file->state = file->descriptor < 0 ? FAULTY : OPEN;
    if (file->descriptor < 0)
        file->fault = errno;
}

static int write_all(int descriptor, const uint8_t *bytes, size_t size)
{
    while (size) {
        ssize_t written = write(descriptor, bytes, size);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return written ? errno : ENOSPC;
        bytes += written;
        size -= (size_t)written;
    }
    return 0;
}

/* After a fault the file ends where the last whole block does, and nothing more is written. */
static void write_block(struct rb_file *file, const struct rb_block *block)
{
    if (file->state == UNOPENED)
        open_file(file);
    if (file->state == OPEN) {
        file->fault = write_all(file->descriptor, block->bytes, block->used);
        if (!file->fault) {
            file->size += block->used;
            file->records += block->records;
            return;
        }
        file->state = FAULTY;
        if (ftruncate(file->descriptor, file->size) != 0) { /* a reader takes a cut record for the end */
        }
    }
    file->dropped += block->records;
}

static void finish(struct rb_file *file)
{
    char text[96];
    file->dropped += file->unplaced;
    const char *fault = file->dropped ? TOO_SLOW : "";
    if (file->state == UNOPENED)
        open_file(file);
    if (file->descriptor >= 0 && close(file->descriptor) != 0 && !file->fault) /* a network's disk tells it here */
        file->fault = errno;
    if (file->fault)
        fault = strerror_r(file->fault, text, sizeof text);
    file->done(file->context, file->records, file->dropped, fault);
    free(file);
}

/* Gives the closed files, the one that was closed first in front. */
static struct rb_file *take_closed(struct rb_writer *writer)
{
    struct rb_file *file = atomic_exchange_explicit(&writer->closed, NULL, memory_order_acquire), *first = NULL;
    while (file) {
        struct rb_file *before = file->next;
        file->next = first;
        first = file;
        file = before;
    }
    return first;
}

/* The closed files are taken first: whatever was handed over for one of them is then among the full blocks. */
static void work(struct rb_writer *writer)
{
    struct rb_file *closed = take_closed(writer);
    for (uint32_t number = take_all(writer, &writer->full), next; number != NONE; number = next) {
        next = atomic_load_explicit(&writer->below[number], memory_order_relaxed);
        struct rb_block *block = &writer->blocks[number];
        write_block(block->file, block);
        push(writer, &writer->free, number);
    }
    while (closed) {
        struct rb_file *next = closed->next;
        finish(closed);
        closed = next;
    }
}

static void *run(void *argument)
{
    struct rb_writer *writer = argument;
    pthread_setname_np(pthread_self(), "ringback-writer");
    for (;;) {
        while (sem_wait(&writer->handed_over) != 0)
            ; /* interrupted */
        int last = atomic_load_explicit(&writer->ending, memory_order_acquire);
        work(writer);
        if (last)
            return NULL;
    }
}

/* The thread takes no signals: they are the program's, and one too large a file (SIGXFSZ) is an error of write. */
static int start(struct rb_writer *writer)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int fault = pthread_create(&writer->thread, NULL, run, writer);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return fault;
}

static void release(struct rb_writer *writer)
{
    sem_destroy(&writer->handed_over);
    free(writer->below);
    free(writer->blocks);
    free(writer);
}

/* ---------------------------------------------------------------- the faces */

struct rb_writer *rb_writer_new(size_t room)
{
    size_t count = room / RB_BLOCK_BYTES;
    count = count < 1 ? 1 : count < NONE ? count : NONE - 1;
    struct rb_writer *writer = calloc(1, sizeof *writer);
    if (!writer)
        return NULL;
    sem_init(&writer->handed_over, 0, 0);
    writer->blocks = malloc(count * sizeof *writer->blocks); /* untouched, and so no memory, until it is needed */
    writer->below = malloc(count * sizeof *writer->below);
    atomic_init(&writer->free.top, NONE);
    atomic_init(&writer->full.top, NONE);
    if (writer->blocks && writer->below) {
        for (uint32_t block = (uint32_t)count; block > 0; block--)
            push(writer, &writer->free, block - 1);
        if (start(writer) == 0)
            return writer;
    }
    release(writer);
    return NULL;
}

void rb_writer_free(struct rb_writer *writer)
{
    if (!writer)
        return;
    atomic_store_explicit(&writer->ending, 1, memory_order_release);
    sem_post(&writer->handed_over);
    pthread_join(writer->thread, NULL);
    release(writer);
}

struct rb_block *rb_writer_block(struct rb_writer *writer)
{
    uint32_t number = pop(writer, &writer->free);
    if (number == NONE)
        return NULL;
    struct rb_block *block = &writer->blocks[number];
    block->file = NULL;
    block->used = block->records = 0;
    return block;
}

struct rb_file *rb_file_new(struct rb_writer *writer, const char *path, rb_file_done done, void *context)
{
    size_t length = strlen(path) + 1;
    struct rb_file *file = calloc(1, sizeof *file + length);
    if (!file)
        return NULL;
    file->writer = writer;
    file->done = done;
    file->context = context;
    file->descriptor = -1;
    memcpy(file->path, path, length);
    return file;
}

void rb_file_append(struct rb_file *file, struct rb_block *block)
{
    struct rb_writer *writer = file->writer;
    block->file = file;
    push(writer, &writer->full, (uint32_t)(block - writer->blocks));
    sem_post(&writer->handed_over);
}

void rb_file_close(struct rb_file *file, uint64_t dropped)
{
    struct rb_writer *writer = file->writer;
    file->unplaced = dropped;
    file->next = atomic_load_explicit(&writer->closed, memory_order_relaxed);
    while (!atomic_compare_exchange_weak_explicit(&writer->closed, &file->next, file, memory_order_release,
                                                  memory_order_relaxed))
        ;
    sem_post(&writer->handed_over);
}
