/* Payloads that show what became of them.
 *
 *  bytes    a frame of a prompt                 a frame that a leg of the peer sends
 *  0..1     number of the frame, 0..499         the same
 *  2        0xA5                                0x5A
 *  3..6     0                                   number of the leg
 *  7..14    0                                   CLOCK_REALTIME ns when it was sent
 *  15..159  a row of bytes that differs from frame to frame, the same in both
 */
#ifndef PAYLOAD_H
#define PAYLOAD_H

#include <stddef.h>
#include <stdint.h>

enum {
    PAYLOAD_SIZE = 160,
    PAYLOAD_FRAMES = 500, /* ten seconds, then again from the first */
    PAYLOAD_ROW = 15,     /* where the row begins */
};

enum payload_kind { PAYLOAD_WRONG, PAYLOAD_SILENCE, PAYLOAD_PROMPT, PAYLOAD_SENT };

struct payload {
    enum payload_kind kind;
    uint16_t frame;
    uint32_t leg;
    int64_t sent_ns;
};

/* To be called once, before the others. */
void payload_prepare(void);

/* What is said by `size` bytes that were received. */
struct payload payload_read(const uint8_t *bytes, size_t size);

/* Writes what a leg sends. */
void payload_write(uint8_t bytes[PAYLOAD_SIZE], uint32_t frame, uint32_t leg, int64_t now_ns);

#endif
