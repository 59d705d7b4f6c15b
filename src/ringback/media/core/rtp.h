/* RTP packets (RFC 3550, section 5.1).
 *
 *    |V=2|P|X|  CC   |M|     PT      |       sequence number         |
 *    |                           timestamp                           |
 *    |                             SSRC                              |
 *    |                        CSRC (CC times)                        |
 *    |  extension: profile (16)      |  length in words (16)         |   where X is set
 */
#ifndef RB_RTP_H
#define RB_RTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RB_RTP_HEADER 12 /* bytes, without CSRC and extension */
#define RB_RTP_MAX 2048  /* bytes of a packet that is read: 200 ms of G.711 and room to spare */
#define RB_RATE 8000     /* Hz of every timestamp here; of G.722, too (RFC 3551, section 4.5.2) */

/* A packet that was received; all numbers as on the wire. */
struct rb_rtp {
    uint8_t payload_type; /* 0..127 */
    bool marker;
    uint16_t sequence;
    uint32_t timestamp;
    uint32_t ssrc;
    const uint8_t *payload; /* within the datagram, without padding */
    size_t size;            /* of the payload; may be 0 */
};

/* Reads a datagram; false where it is no RTP packet. */
bool rb_rtp_parse(const uint8_t *data, size_t size, struct rb_rtp *heard);

/* Writes the header of a packet without padding, extension and CSRC. */
void rb_rtp_write(uint8_t header[RB_RTP_HEADER], const struct rb_rtp *packet);

#endif
