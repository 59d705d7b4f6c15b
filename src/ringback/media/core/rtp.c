#include "rtp.h"

#include "bytes.h"

#define VERSION_MASK 0xC0
#define VERSION_BITS 0x80
#define PADDING_BIT 0x20
#define EXTENSION_BIT 0x10
#define COUNT_BITS 0x0F
#define MARKER_BIT 0x80

/* Takes CSRC and extension off the front and padding off the end. */
static bool trim(struct rb_span *span, uint8_t first)
{
    rb_take(span, 4u * (first & COUNT_BITS));
    if (first & EXTENSION_BIT) {
        rb_u16(span);
        rb_take(span, 4u * rb_u16(span));
    }
    if (span->overrun)
        return false;
    if (first & PADDING_BIT) {
        uint8_t padding = span->bytes[span->size - 1];
        if (padding == 0 || padding > rb_left(span))
            return false;
        span->size -= padding;
    }
    return true;
}

bool rb_rtp_parse(const uint8_t *data, size_t size, struct rb_rtp *heard)
{
    if (size < RB_RTP_HEADER || size > RB_RTP_MAX)
        return false;
    struct rb_span span = rb_span(data, size);
    uint8_t first = rb_u8(&span), second = rb_u8(&span);
    heard->payload_type = second & 0x7F;
    if ((first & VERSION_MASK) != VERSION_BITS)
        return false;
    if (heard->payload_type >= 64 && heard->payload_type < 96)
        return false; /* RFC 5761, section 4: these are RTCP */
    heard->marker = second & MARKER_BIT;
    heard->sequence = rb_u16(&span);
    heard->timestamp = rb_u32(&span);
    heard->ssrc = rb_u32(&span);
    if (!trim(&span, first))
        return false;
    heard->size = rb_left(&span);
    heard->payload = rb_take(&span, heard->size);
    return true;
}

void rb_rtp_write(uint8_t header[RB_RTP_HEADER], const struct rb_rtp *packet)
{
    struct rb_room room = rb_room(header, RB_RTP_HEADER);
    rb_put_u8(&room, VERSION_BITS);
    rb_put_u8(&room, (uint8_t)(packet->payload_type | (packet->marker ? MARKER_BIT : 0)));
    rb_put_u16(&room, packet->sequence);
    rb_put_u32(&room, packet->timestamp);
    rb_put_u32(&room, packet->ssrc);
}
