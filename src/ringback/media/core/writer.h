/* One thread that does all disk work, and the files that it writes.
 *
 * A producer (a media thread) fills blocks and hands them over; it takes no lock, makes no system call but the futex
 * wake-up of a sleeping writer, and never waits. What finds no free block is the producer's to drop and to count.
 *
 *     media thread                                     writer thread
 *     rb_writer_block  <--- free blocks  <---------+
 *     rb_file_append   ---> full blocks  ---> open, write
 *     rb_file_close    ---> closed files ---> close, done
 */
#ifndef RB_WRITER_H
#define RB_WRITER_H

#include <stddef.h>
#include <stdint.h>

#define RB_BLOCK_BYTES 16384 /* of one block, its head included */

struct rb_writer;
struct rb_file;

/* A piece of a file; its producer's until it is handed over. */
struct rb_block {
    struct rb_file *file; /* set by rb_file_append */
    uint32_t used;        /* of bytes */
    uint32_t records;     /* that begin and end in it */
    uint8_t bytes[RB_BLOCK_BYTES - 16];
};

/* Tells, in the writer thread, that a file is closed: how many records are in it, how many are not, and why it is not
 * complete ("" where it is; valid during the call only). */
typedef void (*rb_file_done)(void *context, uint64_t records, uint64_t dropped, const char *fault);

/* Starts a writer whose blocks are `room` bytes at most (at least one block). NULL: no memory or no thread. */
struct rb_writer *rb_writer_new(size_t room);

/* Ends a writer once all that was handed over is written and every `done` is called. Every file must be closed. */
void rb_writer_free(struct rb_writer *writer);

/* Gives an empty block, or NULL where all of them are under way. */
struct rb_block *rb_writer_block(struct rb_writer *writer);

/* Names a file that is to be written; it is made (mode 0600) by the writer and must not be there yet. NULL: no memory.
 * A file has one producer at a time. */
struct rb_file *rb_file_new(struct rb_writer *writer, const char *path, rb_file_done done, void *context);

/* Hands a block over, to be written behind those before it. */
void rb_file_append(struct rb_file *file, struct rb_block *block);

/* Hands the file over, to be closed and told done; `dropped`: records that found no block. */
void rb_file_close(struct rb_file *file, uint64_t dropped);

#endif
