/* One stream each way between the peer and an engine. */
#ifndef LEG_H
#define LEG_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "histogram.h"

enum {
    LEG_PACKET_MAX = 256,
    LEG_STREAM_BINS = 160, /* of a quarter of a millisecond */
    LEG_EVENTS = 101,      /* payload type of telephone-event */
};

/* What came, of all legs, in one measurement. */
struct tally {
    uint64_t received, lost, repeated, late, wrong, silent, misplaced, events;
    struct histogram jitter;  /* between packets, against 20 ms */
    struct histogram transit; /* from one leg of the peer to another */
};

struct leg {
    uint32_t number;
    int socket;                 /* index of the peer's socket that the engine sends to */
    struct sockaddr_in engine;
    int64_t last_heard_ns;      /* CLOCK_MONOTONIC, to within a millisecond */

    uint16_t sequence;
    uint32_t timestamp;
    uint32_t frame;
    uint32_t sent, octets, skipped;
    uint32_t gap_every;         /* leaves out a sequence number every so many packets; 0 never */
    uint32_t presses_left, presses;
    uint32_t press_step;        /* packets since the key went down */

    bool heard;
    uint32_t their_ssrc;
    uint16_t their_sequence;
    uint16_t their_frame;
    bool frame_known;
    int64_t their_last_ns;      /* CLOCK_REALTIME of the kernel */
    uint32_t received;          /* since it began */
    uint32_t in_measurement;
    uint32_t highest;           /* sequence number with its cycles */
    uint32_t partner;           /* whose packets came through */
    bool partner_known;
    uint16_t bins[LEG_STREAM_BINS];

    uint32_t report_due;        /* slots until the next RTCP packet */
    uint32_t their_report;      /* the middle of the NTP time of the last sender report */
    int64_t their_report_ns;    /* when it came */
};

void leg_begin(struct leg *leg, uint32_t number, int socket, const struct sockaddr_in *engine);

/* Whether an RTP packet is of the stream that was heard before. */
bool leg_continues(const struct leg *leg, const uint8_t *packet);

/* Takes an RTP packet; `at_ns`: the kernel's receive timestamp. */
void leg_receive(struct leg *leg, const uint8_t *packet, size_t size, int64_t at_ns, struct tally *tally);

/* Writes the next RTP packet and gives its size. */
size_t leg_send(struct leg *leg, uint8_t packet[LEG_PACKET_MAX], int64_t realtime_ns);

/* Takes an RTCP packet; gives its number of goodbyes. */
unsigned leg_receive_report(struct leg *leg, const uint8_t *packet, size_t size, int64_t now_ns);

/* Writes a sender report with a source description and gives its size. */
size_t leg_report(struct leg *leg, uint8_t packet[LEG_PACKET_MAX], int64_t realtime_ns, int64_t now_ns);

/* Milliseconds that 99 % of the stream's intervals in this measurement did not stray from 20 ms. */
double leg_jitter_p99_ms(const struct leg *leg);

/* Forgets what belongs to a measurement. */
void leg_measure(struct leg *leg);

#endif
