/* Any datagrams, read as RTP and counted as a stream. */
#include <string.h>

#include "bytes.h"
#include "fuzz.h"
#include "reception.h"
#include "rtp.h"

static void what_is_read_is_written_alike(const struct rb_rtp *heard)
{
    uint8_t header[RB_RTP_HEADER];
    struct rb_rtp again;
    rb_rtp_write(header, heard);
    MUST(rb_rtp_parse(header, sizeof header, &again));
    MUST(again.payload_type == heard->payload_type && again.marker == heard->marker);
    MUST(again.sequence == heard->sequence && again.timestamp == heard->timestamp && again.ssrc == heard->ssrc);
    MUST(again.size == 0);
}

/* The input is a row of packets: size (16 bits), time since the one before in ms, then the datagram. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rb_reception reception;
    struct rb_span input = rb_span(data, size);
    int64_t now_ns = 1;
    memset(&reception, 0, sizeof reception);
    while (rb_left(&input) > 3) {
        size_t length = rb_u16(&input);
        now_ns += rb_u8(&input) * 1000000LL;
        if (length > rb_left(&input))
            length = rb_left(&input);
        uint8_t *datagram = malloc(length ? length : 1); /* of its own, so that a byte beyond its end is noticed */
        MUST(datagram != NULL);
        if (length)
            memcpy(datagram, rb_take(&input, length), length);
        struct rb_rtp heard;
        if (rb_rtp_parse(datagram, length, &heard)) {
            MUST(heard.size <= length && heard.payload >= datagram);
            MUST(heard.payload + heard.size <= datagram + length);
            MUST(heard.payload_type < 128);
            what_is_read_is_written_alike(&heard);
            rb_reception_take(&reception, &heard, now_ns, heard.payload_type < 96);
        }
        free(datagram);
    }
    MUST(reception.jitter >= 0);
    rb_reception_lost(&reception);
    struct rb_report_block block = rb_reception_interval(&reception);
    MUST(block.lost >= -0x800000 && block.lost <= 0x7FFFFF);
    return 0;
}
