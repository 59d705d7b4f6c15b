/* RTCP compound packets (RFC 3550, section 6): sender and receiver reports, descriptions and goodbyes. */
#ifndef RB_RTCP_H
#define RB_RTCP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RB_RTCP_MAX 2048  /* bytes of a compound packet that is read */
#define RB_RTCP_BUILT 256 /* bytes that any report of ours fits in */
#define RB_CNAME 24       /* characters of our canonical name (RFC 7022, section 4.2: 96 random bits) */

/* How a stream is received (section 6.4.1). */
struct rb_report_block {
    uint32_t ssrc;
    uint8_t fraction_lost; /* of 256 */
    int32_t lost;          /* 24 bits, signed */
    uint32_t highest_sequence;
    uint32_t jitter;      /* in timestamp units */
    uint32_t last_report; /* middle 32 bits of the NTP time of the last sender report; 0 where none came */
    uint32_t delay;       /* since that report came, in units of 1/65536 s */
};

/* A report of ours with the description that goes with it. */
struct rb_report {
    uint32_t ssrc;
    bool sends; /* a sender report, else a receiver report */
    uint64_t ntp_time;
    uint32_t timestamp;
    uint32_t packets;
    uint32_t octets;
    bool has_block;
    struct rb_report_block block;
    char cname[RB_CNAME];
    bool goodbye;
};

/* What of a compound packet matters to us. */
struct rb_rtcp {
    bool has_sender_report;
    uint32_t middle; /* of the sender report's NTP time: by which we name it */
    bool has_block;  /* about the stream that was asked for */
    struct rb_report_block block;
    bool goodbye;
};

/* Reads a compound packet; `ssrc`: our stream, whose report block is wanted.
 * Packets of other types are passed over. False where it is none (the checks of section A.2). */
bool rb_rtcp_parse(const uint8_t *data, size_t size, uint32_t ssrc, struct rb_rtcp *heard);

/* Writes a compound packet and gives its size. */
size_t rb_rtcp_build(uint8_t data[RB_RTCP_BUILT], const struct rb_report *report);

#endif
