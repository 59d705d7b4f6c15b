/* A tap: every packet of a leg, both ways, into a file. Its format is told in ringback/media/tap.py. */
#ifndef RB_TAP_H
#define RB_TAP_H

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>

#include "writer.h"

struct rb_tap;

/* As rb_file_done, of packets. */
typedef rb_file_done rb_tap_done;

/* Begins a tap; what is wrong with its path is told by `done`, once, after rb_tap_close. NULL: no memory, and `done` is
 * never called. One thread at a time may call what follows; none of it waits or touches a disk. */
struct rb_tap *rb_tap_open(struct rb_writer *writer, const char *path, int keep_payload, rb_tap_done done,
                           void *context);

/* Keeps the first RB_RTP_MAX bytes of a packet in the clear, or only its header with CSRC and extension; drops and counts
 * it where there is no room. `at_ns`: CLOCK_MONOTONIC, when it came or went; `peer`: from or to whom. */
void rb_tap_packet(struct rb_tap *tap, int64_t at_ns, int sent, const struct sockaddr_in *peer, const uint8_t *rtp,
                   size_t size);

/* Lets `next` keep every packet that `tap` is given, and end with it: a leg may have several. */
void rb_tap_chain(struct rb_tap *tap, struct rb_tap *next);

/* Ends a tap and those behind it; `done` is called once its file is written. */
void rb_tap_close(struct rb_tap *tap);

#endif
