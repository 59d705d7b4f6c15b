/* What is known of a received RTP stream: losses, order and jitter (RFC 3550, sections 6.4.1, A.1, A.3 and A.8). */
#ifndef RB_RECEPTION_H
#define RB_RECEPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rtcp.h"
#include "rtp.h"

struct rb_reception {
    bool begun;
    uint32_t ssrc;    /* of the source that is counted */
    uint64_t packets; /* of every source */
    uint64_t octets;  /* of payload */
    uint64_t out_of_order;
    uint64_t duplicates;
    int64_t largest_gap_ns;
    int64_t arrival_ns; /* of the last packet */
    bool is_newest;     /* the packet counted last is the newest so far */
    double jitter;      /* in timestamp units */
    bool timed;
    uint32_t transit;
    uint32_t base, highest; /* extended sequence numbers */
    uint64_t received;
    uint64_t lost_before; /* by sources before this one */
    bool restarts;
    uint16_t restart_at;
    bool probes; /* another source sent one packet; two in sequence replace the one that is counted */
    uint32_t probed_ssrc;
    uint16_t probed_sequence;
    uint64_t expected_prior, received_prior;
};

/* Counts a packet that came at `now_ns`; false where it is of another source than the one that is counted.
 * `timed`: false for packets whose timestamp does not say when they were sent (telephone-events). */
bool rb_reception_take(struct rb_reception *reception, const struct rb_rtp *heard, int64_t now_ns, bool timed);

/* Gives packets expected minus received over all sources, never below 0. */
uint64_t rb_reception_lost(const struct rb_reception *reception);

/* Gives the report block for the time since the last call, without the times of the last sender report. */
struct rb_report_block rb_reception_interval(struct rb_reception *reception);

#endif
