#include "tap.h"

#include <arpa/inet.h>
#include <endian.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bytes.h"
#include "rtp.h"

#define HEADER_BYTES 16
#define RECORD_BYTES 20 /* before the packet */
#define SOURCES_BITS 0x0F
#define EXTENSION_BIT 0x10
#define LINGER_NS 1000000000LL /* how old a block may be when a packet comes, else it is handed over with that one */

_Static_assert(HEADER_BYTES + RECORD_BYTES + RB_RTP_MAX <= sizeof((struct rb_block *)0)->bytes,
               "a block holds at least one packet");

struct rb_tap {
    struct rb_tap *next; /* of the same leg, or NULL */
    struct rb_writer *writer;
    struct rb_file *file;
    struct rb_block *block; /* that is filled now, or NULL */
    int64_t block_began_ns;
    int64_t real_minus_monotonic_ns;
    uint64_t dropped;
    int keep_payload;
    int begun; /* the header is in a block */
};

static int64_t now_ns(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

/* Room was made before. */
static void put(struct rb_block *block, const void *bytes, size_t size)
{
    struct rb_room room = rb_room(block->bytes + block->used, sizeof block->bytes - block->used);
    rb_put_bytes(&room, bytes, size);
    block->used += (uint32_t)room.position;
}

static void put_header(struct rb_tap *tap)
{
    int64_t difference = (int64_t)htole64((uint64_t)tap->real_minus_monotonic_ns);
    put(tap->block, "RBTAP\x01\0", 8); /* the literal's own end is the eighth byte */
    put(tap->block, &difference, sizeof difference);
    tap->begun = 1;
}

static void hand_over(struct rb_tap *tap)
{
    rb_file_append(tap->file, tap->block);
    tap->block = NULL;
}

/* Sees to a block with room for `size` bytes; 0: there is none. */
static int make_room(struct rb_tap *tap, size_t size, int64_t at_ns)
{
    if (tap->block && sizeof tap->block->bytes - tap->block->used < size)
        hand_over(tap);
    if (!tap->block) {
        tap->block = rb_writer_block(tap->writer);
        if (!tap->block)
            return 0;
        tap->block_began_ns = at_ns;
        if (!tap->begun)
            put_header(tap);
    }
    return 1;
}

/* Where the payload begins (see rtp.h); all of it where the packet is cut off before. */
static size_t header_size(const uint8_t *rtp, size_t size)
{
    struct rb_span span = rb_span(rtp, size);
    uint8_t first = rb_u8(&span);
    rb_take(&span, RB_RTP_HEADER - 1 + 4u * (first & SOURCES_BITS));
    if (first & EXTENSION_BIT) {
        rb_u16(&span);
        rb_take(&span, 4u * rb_u16(&span));
    }
    return span.overrun ? size : span.position;
}

struct rb_tap *rb_tap_open(struct rb_writer *writer, const char *path, int keep_payload, rb_tap_done done,
                           void *context)
{
    struct rb_tap *tap = calloc(1, sizeof *tap);
    if (!tap)
        return NULL;
    tap->file = rb_file_new(writer, path, done, context);
    if (!tap->file) {
        free(tap);
        return NULL;
    }
    tap->writer = writer;
    tap->keep_payload = keep_payload;
    tap->real_minus_monotonic_ns = now_ns(CLOCK_REALTIME) - now_ns(CLOCK_MONOTONIC);
    return tap;
}

void rb_tap_chain(struct rb_tap *tap, struct rb_tap *next)
{
    tap->next = next;
}

static void keep(struct rb_tap *tap, int64_t at_ns, int sent, const struct sockaddr_in *peer, const uint8_t *rtp,
                 size_t size)
{
    size_t kept = tap->keep_payload ? size : header_size(rtp, size);
    kept = kept < RB_RTP_MAX ? kept : RB_RTP_MAX;
    if (!make_room(tap, RECORD_BYTES + kept, at_ns)) {
        tap->dropped++;
        return;
    }
    uint8_t record[RECORD_BYTES] = {0};
    uint64_t at = htole64((uint64_t)at_ns);
    uint16_t size_kept = htole16((uint16_t)kept), on_the_wire = htole16((uint16_t)(size < 65535 ? size : 65535));
    uint16_t port = htole16(ntohs(peer->sin_port));
    memcpy(record, &at, 8);
    record[8] = sent ? 1 : 0;
    memcpy(record + 10, &size_kept, 2);
    memcpy(record + 12, &on_the_wire, 2);
    memcpy(record + 14, &port, 2);
    memcpy(record + 16, &peer->sin_addr.s_addr, 4);
    put(tap->block, record, sizeof record);
    put(tap->block, rtp, kept);
    tap->block->records++;
    if (at_ns - tap->block_began_ns >= LINGER_NS)
        hand_over(tap);
}

void rb_tap_packet(struct rb_tap *tap, int64_t at_ns, int sent, const struct sockaddr_in *peer, const uint8_t *rtp,
                   size_t size)
{
    for (; tap; tap = tap->next)
        keep(tap, at_ns, sent, peer, rtp, size);
}

void rb_tap_close(struct rb_tap *tap)
{
    while (tap) {
        struct rb_tap *next = tap->next;
        if (tap->block || (!tap->begun && make_room(tap, 0, 0)))
            hand_over(tap);
        rb_file_close(tap->file, tap->dropped);
        free(tap);
        tap = next;
    }
}
