#include "rtcp.h"

#include "bytes.h"

enum { SENDER_REPORT = 200, RECEIVER_REPORT = 201, DESCRIPTION = 202, GOODBYE = 203 };

#define VERSION_MASK 0xC0
#define VERSION_BITS 0x80
#define PADDING_BIT 0x20
#define COUNT_BITS 0x1F
#define CNAME_ITEM 1
#define BLOCK_WORDS 6

static struct rb_report_block read_block(struct rb_span *body)
{
    struct rb_report_block block = {.ssrc = rb_u32(body)};
    uint32_t losses = rb_u32(body);
    block.fraction_lost = (uint8_t)(losses >> 24);
    block.lost = (int32_t)((losses & 0xFFFFFF) ^ 0x800000) - 0x800000; /* 24 bits, signed */
    block.highest_sequence = rb_u32(body);
    block.jitter = rb_u32(body);
    block.last_report = rb_u32(body);
    block.delay = rb_u32(body);
    return block;
}

static void read_blocks(struct rb_span *body, uint8_t count, uint32_t ssrc, struct rb_rtcp *heard)
{
    while (count-- && !body->overrun) {
        struct rb_report_block block = read_block(body);
        if (block.ssrc == ssrc && !body->overrun) {
            heard->has_block = true;
            heard->block = block;
        }
    }
}

/* Reads one packet of a compound; false where it is shorter than it says. */
static bool read_packet(uint8_t kind, uint8_t count, struct rb_span body, uint32_t ssrc, struct rb_rtcp *heard)
{
    switch (kind) {
    case SENDER_REPORT: {
        rb_u32(&body);
        uint32_t seconds = rb_u32(&body), fraction = rb_u32(&body);
        rb_take(&body, 12); /* timestamp, packets, octets */
        read_blocks(&body, count, ssrc, heard);
        heard->has_sender_report = true;
        heard->middle = seconds << 16 | fraction >> 16;
        return !body.overrun;
    }
    case RECEIVER_REPORT:
        rb_u32(&body);
        read_blocks(&body, count, ssrc, heard);
        return !body.overrun;
    case GOODBYE:
        rb_take(&body, 4u * count);
        heard->goodbye = true;
        return !body.overrun;
    default:
        return true;
    }
}

bool rb_rtcp_parse(const uint8_t *data, size_t size, uint32_t ssrc, struct rb_rtcp *heard)
{
    *heard = (struct rb_rtcp){0};
    if (size < 8 || size > RB_RTCP_MAX)
        return false;
    if ((data[1] != SENDER_REPORT && data[1] != RECEIVER_REPORT) || data[0] & PADDING_BIT)
        return false;
    struct rb_span span = rb_span(data, size);
    while (rb_left(&span)) {
        uint8_t first = rb_u8(&span), kind = rb_u8(&span);
        size_t bytes = 4u * rb_u16(&span);
        const uint8_t *body = rb_take(&span, bytes);
        if (span.overrun || (first & VERSION_MASK) != VERSION_BITS)
            return false;
        if (!read_packet(kind, first & COUNT_BITS, rb_span(body, bytes), ssrc, heard))
            return false;
    }
    return true;
}

static void put_header(struct rb_room *room, uint8_t count, uint8_t kind, uint16_t words)
{
    rb_put_u8(room, VERSION_BITS | count);
    rb_put_u8(room, kind);
    rb_put_u16(room, words);
}

static void put_block(struct rb_room *room, const struct rb_report_block *block)
{
    rb_put_u32(room, block->ssrc);
    rb_put_u32(room, (uint32_t)block->fraction_lost << 24 | ((uint32_t)block->lost & 0xFFFFFF));
    rb_put_u32(room, block->highest_sequence);
    rb_put_u32(room, block->jitter);
    rb_put_u32(room, block->last_report);
    rb_put_u32(room, block->delay);
}

/*  | SSRC | CNAME, length, 24 characters | zeros to the next word, at least one |  (section 6.5) */
static void put_description(struct rb_room *room, const struct rb_report *report)
{
    static const uint8_t zeros[2];
    put_header(room, 1, DESCRIPTION, 1 + (2 + RB_CNAME + sizeof zeros) / 4);
    rb_put_u32(room, report->ssrc);
    rb_put_u8(room, CNAME_ITEM);
    rb_put_u8(room, RB_CNAME);
    rb_put_bytes(room, report->cname, RB_CNAME);
    rb_put_bytes(room, zeros, sizeof zeros);
}

size_t rb_rtcp_build(uint8_t data[RB_RTCP_BUILT], const struct rb_report *report)
{
    struct rb_room room = rb_room(data, RB_RTCP_BUILT);
    uint16_t block_words = report->has_block ? BLOCK_WORDS : 0;
    if (report->sends) {
        put_header(&room, report->has_block, SENDER_REPORT, 6 + block_words);
        rb_put_u32(&room, report->ssrc);
        rb_put_u32(&room, (uint32_t)(report->ntp_time >> 32));
        rb_put_u32(&room, (uint32_t)report->ntp_time);
        rb_put_u32(&room, report->timestamp);
        rb_put_u32(&room, report->packets);
        rb_put_u32(&room, report->octets);
    } else {
        put_header(&room, report->has_block, RECEIVER_REPORT, 1 + block_words);
        rb_put_u32(&room, report->ssrc);
    }
    if (report->has_block)
        put_block(&room, &report->block);
    put_description(&room, report);
    if (report->goodbye) {
        put_header(&room, 1, GOODBYE, 1);
        rb_put_u32(&room, report->ssrc);
    }
    return room.position;
}
