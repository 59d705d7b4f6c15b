/* The RTP stream that a leg sends: one SSRC, one clock and one count, whatever it carries. */
#ifndef RB_OUTGOING_H
#define RB_OUTGOING_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rtp.h"

struct rb_srtp;
struct rb_tap;

struct rb_outgoing {
    int socket;
    bool aimed; /* else packets go nowhere just now */
    struct sockaddr_in target;
    uint32_t ssrc;
    uint32_t timestamp; /* of the packet that is due */
    uint16_t sequence;  /* of the last packet */
    bool sent;          /* something, since the clock last went on */
    bool paused;        /* nothing was sent before: the next packet is marked (RFC 3551, section 4.1) */
    bool anchored;      /* a relayed stream is fitted to this one's numbers */
    uint32_t anchor_ssrc;
    uint16_t anchor_sequences; /* to be added to its numbers */
    uint32_t anchor_timestamps;
    uint64_t packets, octets;
    uint64_t packets_before, octets_before; /* under other SSRCs */
    int64_t first_ns, last_ns; /* when packets went out; 0 before */
    struct rb_tap *tap;        /* NULL: nobody writes with us */
    struct rb_srtp *srtp;      /* NULL: plain RTP and RTCP */
};

/* Begins at random numbers (RFC 3550, section 5.1). */
void rb_outgoing_begin(struct rb_outgoing *outgoing, int socket);

/* Goes on under another SSRC, begun at random numbers like the first. */
void rb_outgoing_renew(struct rb_outgoing *outgoing);

/* Lets the clock go on, whether or not anything was sent. */
void rb_outgoing_advance(struct rb_outgoing *outgoing, uint32_t samples);

/* What a packet of our own carries. */
struct rb_payload {
    uint8_t payload_type;
    const uint8_t *octets;
    size_t size;      /* RB_RTP_MAX - RB_RTP_HEADER at most */
    bool marker;      /* set, whether or not there was a pause */
    uint32_t earlier; /* samples before now that its timestamp is */
};

/* Sends a packet of our own. */
void rb_outgoing_send(struct rb_outgoing *outgoing, const struct rb_payload *payload, int64_t now_ns);

/* Sends on a packet of another stream, its losses and its order kept.
 *
 * The stream is fitted to this one's numbers at its first packet, after every packet of our own, and when its clock
 * leaps. From then on this one's clock follows it, whatever the drift between them; but not that of telephone-events
 * (`audio` false), which stands still while a key is held. */
void rb_outgoing_relay(struct rb_outgoing *outgoing, const struct rb_rtp *heard, const struct rb_payload *payload,
                       bool audio, int64_t now_ns);

/* Fits the next relayed packet anew. */
static inline void rb_outgoing_unanchor(struct rb_outgoing *outgoing)
{
    outgoing->anchored = false;
}

#endif
