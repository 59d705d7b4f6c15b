/* The RTCP of a leg: what it says of its stream, and hears of the other (RFC 3550, section 6). */
#ifndef RB_REPORTING_H
#define RB_REPORTING_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "outgoing.h"
#include "reception.h"
#include "rtcp.h"

struct rb_reporting {
    int socket;
    char cname[RB_CNAME];
    int64_t due_ns; /* when the next report is; 0: not yet */
    bool sourced;   /* reports came: ours go to where they came from */
    struct sockaddr_in source;
    uint32_t last_report; /* of a sender report of the far end */
    int64_t last_report_ns;
    int64_t round_trip_ns; /* 0: not measured */
    int32_t reported_lost;
    uint32_t reported_jitter; /* in timestamp units */
};

/* Takes a random canonical name. */
void rb_reporting_init(struct rb_reporting *reporting, int socket);

/* Reports from now on, first after half an interval or less; `chance`: the state of rb_chance_between. */
void rb_reporting_begin(struct rb_reporting *reporting, int64_t now_ns, uint64_t *chance);

/* Takes a compound packet; what is none is dropped. */
void rb_reporting_take(struct rb_reporting *reporting, const struct rb_outgoing *outgoing, const uint8_t *data,
                       size_t size, const struct sockaddr_in *source, int64_t now_ns);

/* Sends a report where one is due; the interval varies, so that many legs do not report at once. */
void rb_reporting_report(struct rb_reporting *reporting, const struct rb_outgoing *outgoing,
                         struct rb_reception *reception, int64_t now_ns, uint64_t *chance);

/* Says goodbye, where anything was ever sent (section 6.3.7). */
void rb_reporting_leave(struct rb_reporting *reporting, const struct rb_outgoing *outgoing,
                        struct rb_reception *reception, int64_t now_ns);

#endif
