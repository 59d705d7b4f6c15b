/* Bytes that came from outside, and bytes that go out: every access is checked, and what ran over stays so. */
#ifndef RB_BYTES_H
#define RB_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* What is read, from the front. */
struct rb_span {
    const uint8_t *bytes;
    size_t size;
    size_t position;
    bool overrun; /* more was asked for than there is; every value read since is 0 */
};

/* What is written, from the front. */
struct rb_room {
    uint8_t *bytes;
    size_t size;
    size_t position;
    bool overrun; /* more was written than there is room for; nothing is written since */
};

static inline struct rb_span rb_span(const uint8_t *bytes, size_t size)
{
    return (struct rb_span){.bytes = bytes, .size = size};
}

static inline size_t rb_left(const struct rb_span *span)
{
    return span->size - span->position;
}

/* Gives the next `count` bytes, NULL where there are fewer. */
static inline const uint8_t *rb_take(struct rb_span *span, size_t count)
{
    if (span->overrun || count > rb_left(span)) {
        span->overrun = true;
        return NULL;
    }
    const uint8_t *taken = span->bytes + span->position;
    span->position += count;
    return taken;
}

static inline uint8_t rb_u8(struct rb_span *span)
{
    const uint8_t *at = rb_take(span, 1);
    return at ? at[0] : 0;
}

static inline uint16_t rb_u16(struct rb_span *span)
{
    const uint8_t *at = rb_take(span, 2);
    return at ? (uint16_t)(at[0] << 8 | at[1]) : 0;
}

static inline uint32_t rb_u32(struct rb_span *span)
{
    const uint8_t *at = rb_take(span, 4);
    return at ? (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3] : 0;
}

static inline struct rb_room rb_room(uint8_t *bytes, size_t size)
{
    return (struct rb_room){.bytes = bytes, .size = size};
}

/* Gives the place for the next `count` bytes, NULL where there is no room. */
static inline uint8_t *rb_make(struct rb_room *room, size_t count)
{
    if (room->overrun || count > room->size - room->position) {
        room->overrun = true;
        return NULL;
    }
    uint8_t *made = room->bytes + room->position;
    room->position += count;
    return made;
}

static inline void rb_put_bytes(struct rb_room *room, const void *bytes, size_t count)
{
    uint8_t *at = rb_make(room, count);
    if (at && count)
        memcpy(at, bytes, count);
}

static inline void rb_put_u8(struct rb_room *room, uint8_t value)
{
    rb_put_bytes(room, &value, 1);
}

static inline void rb_put_u16(struct rb_room *room, uint16_t value)
{
    const uint8_t bytes[] = {(uint8_t)(value >> 8), (uint8_t)value};
    rb_put_bytes(room, bytes, sizeof bytes);
}

static inline void rb_put_u32(struct rb_room *room, uint32_t value)
{
    const uint8_t bytes[] = {(uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8), (uint8_t)value};
    rb_put_bytes(room, bytes, sizeof bytes);
}

#endif
