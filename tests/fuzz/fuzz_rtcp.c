/* Any datagram, read as a compound RTCP packet; what is read of it is put into a report of ours and read again. */
#include <string.h>

#include "fuzz.h"
#include "rtcp.h"

enum { OURS = 0x11223344 };

static void our_report_is_read_alike(const struct rb_rtcp *heard)
{
    struct rb_report report = {
        .ssrc = 0x55667788,
        .sends = heard->has_sender_report,
        .ntp_time = (uint64_t)heard->middle << 16,
        .has_block = heard->has_block,
        .block = heard->block,
        .goodbye = heard->goodbye,
    };
    memset(report.cname, 'c', sizeof report.cname);
    uint8_t data[RB_RTCP_BUILT];
    struct rb_rtcp again;
    size_t size = rb_rtcp_build(data, &report);
    MUST(size > 0 && size <= sizeof data && size % 4 == 0);
    MUST(rb_rtcp_parse(data, size, OURS, &again));
    MUST(again.has_sender_report == heard->has_sender_report && again.goodbye == heard->goodbye);
    MUST(!again.has_sender_report || again.middle == heard->middle);
    MUST(again.has_block == heard->has_block);
    if (again.has_block) {
        MUST(again.block.lost == heard->block.lost && again.block.fraction_lost == heard->block.fraction_lost);
        MUST(again.block.highest_sequence == heard->block.highest_sequence);
        MUST(again.block.jitter == heard->block.jitter && again.block.delay == heard->block.delay);
        MUST(again.block.last_report == heard->block.last_report);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rb_rtcp heard;
    if (rb_rtcp_parse(data, size, OURS, &heard))
        our_report_is_read_alike(&heard);
    return 0;
}
