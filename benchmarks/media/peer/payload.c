#include "payload.h"

#include <string.h>

enum { MARK_PROMPT = 0xA5, MARK_SENT = 0x5A, SILENCE = 0xFF };

static uint8_t frames[PAYLOAD_FRAMES][PAYLOAD_SIZE];
static uint8_t silence[PAYLOAD_SIZE];

void payload_prepare(void)
{
    memset(silence, SILENCE, sizeof silence);
    for (unsigned frame = 0; frame < PAYLOAD_FRAMES; frame++) {
        frames[frame][0] = (uint8_t)(frame >> 8);
        frames[frame][1] = (uint8_t)frame;
        frames[frame][2] = MARK_PROMPT;
        for (unsigned at = PAYLOAD_ROW; at < PAYLOAD_SIZE; at++)
            frames[frame][at] = (uint8_t)(frame * 7 + at * 13);
    }
}

static uint64_t read_number(const uint8_t *bytes, int size)
{
    uint64_t number = 0;
    for (int at = 0; at < size; at++)
        number = number << 8 | bytes[at];
    return number;
}

static void write_number(uint8_t *bytes, int size, uint64_t number)
{
    for (int at = size - 1; at >= 0; at--, number >>= 8)
        bytes[at] = (uint8_t)number;
}

struct payload payload_read(const uint8_t *bytes, size_t size)
{
    struct payload read = {.kind = PAYLOAD_WRONG};
    if (size != PAYLOAD_SIZE)
        return read;
    read.frame = (uint16_t)read_number(bytes, 2);
    if (read.frame >= PAYLOAD_FRAMES) {
        if (memcmp(bytes, silence, PAYLOAD_SIZE) == 0)
            read.kind = PAYLOAD_SILENCE;
    } else if (bytes[2] == MARK_SENT) {
        read.leg = (uint32_t)read_number(bytes + 3, 4);
        read.sent_ns = (int64_t)read_number(bytes + 7, 8);
        if (memcmp(bytes + PAYLOAD_ROW, frames[read.frame] + PAYLOAD_ROW, PAYLOAD_SIZE - PAYLOAD_ROW) == 0)
            read.kind = PAYLOAD_SENT;
    } else if (memcmp(bytes, frames[read.frame], PAYLOAD_SIZE) == 0) {
        read.kind = PAYLOAD_PROMPT;
    }
    return read;
}

void payload_write(uint8_t bytes[PAYLOAD_SIZE], uint32_t frame, uint32_t leg, int64_t now_ns)
{
    memcpy(bytes, frames[frame % PAYLOAD_FRAMES], PAYLOAD_SIZE);
    bytes[2] = MARK_SENT;
    write_number(bytes + 3, 4, leg);
    write_number(bytes + 7, 8, (uint64_t)now_ns);
}
