#include "outgoing.h"

#include <string.h>
#include <sys/socket.h>

#include "chance.h"
#include "srtp.h"
#include "tap.h"

#define MAX_LEAP 8000 /* of a relayed stream's timestamps against the clock here; beyond it began anew */

void rb_outgoing_begin(struct rb_outgoing *outgoing, int socket)
{
    *outgoing = (struct rb_outgoing){.socket = socket};
    rb_outgoing_renew(outgoing);
}

void rb_outgoing_renew(struct rb_outgoing *outgoing)
{
    rb_chance_fill(&outgoing->ssrc, sizeof outgoing->ssrc);
    rb_chance_fill(&outgoing->timestamp, sizeof outgoing->timestamp);
    rb_chance_fill(&outgoing->sequence, sizeof outgoing->sequence);
    outgoing->sequence &= 0x7fff; /* a lost beginning must not hide that it wraps (RFC 3711, section 3.3.1) */
    outgoing->packets_before = outgoing->packets;
    outgoing->octets_before = outgoing->octets;
    outgoing->paused = true;
    outgoing->anchored = false;
}

void rb_outgoing_advance(struct rb_outgoing *outgoing, uint32_t samples)
{
    outgoing->timestamp += samples;
    if (!outgoing->sent)
        outgoing->paused = true;
    outgoing->sent = false;
}

static void put(struct rb_outgoing *outgoing, const struct rb_rtp *header, int64_t now_ns)
{
    _Alignas(4) uint8_t packet[RB_RTP_MAX + RB_SRTP_TRAILER];
    size_t size = RB_RTP_HEADER + header->size;
    if (size > RB_RTP_MAX)
        return;
    rb_rtp_write(packet, header);
    memcpy(packet + RB_RTP_HEADER, header->payload, header->size);
    outgoing->sent = true;
    outgoing->paused = false;
    if (outgoing->tap)
        rb_tap_packet(outgoing->tap, now_ns, 1, &outgoing->target, packet, size);
    if (outgoing->srtp && rb_srtp_protect(outgoing->srtp, packet, &size, sizeof packet) != 0)
        return;
    ssize_t went = sendto(outgoing->socket, packet, size, MSG_DONTWAIT | MSG_NOSIGNAL,
                          (const struct sockaddr *)&outgoing->target, sizeof outgoing->target);
    if (went < 0)
        return; /* full or unreachable: lost like any other packet */
    if (!outgoing->packets)
        outgoing->first_ns = now_ns;
    outgoing->last_ns = now_ns;
    outgoing->packets++;
    outgoing->octets += header->size;
}

void rb_outgoing_send(struct rb_outgoing *outgoing, const struct rb_payload *payload, int64_t now_ns)
{
    outgoing->anchored = false;
    if (!outgoing->aimed)
        return;
    const struct rb_rtp header = {
        .payload_type = payload->payload_type,
        .marker = payload->marker || outgoing->paused,
        .sequence = ++outgoing->sequence,
        .timestamp = outgoing->timestamp - payload->earlier,
        .ssrc = outgoing->ssrc,
        .payload = payload->octets,
        .size = payload->size,
    };
    put(outgoing, &header, now_ns);
}

static bool leaps(const struct rb_outgoing *outgoing, const struct rb_rtp *heard)
{
    int32_t off = (int32_t)(heard->timestamp + outgoing->anchor_timestamps - outgoing->timestamp);
    return off > MAX_LEAP || off < -MAX_LEAP;
}

static void anchor(struct rb_outgoing *outgoing, const struct rb_rtp *heard)
{
    outgoing->anchored = true;
    outgoing->anchor_ssrc = heard->ssrc;
    outgoing->anchor_sequences = (uint16_t)(outgoing->sequence + 1 - heard->sequence);
    outgoing->anchor_timestamps = outgoing->timestamp - heard->timestamp;
}

void rb_outgoing_relay(struct rb_outgoing *outgoing, const struct rb_rtp *heard, const struct rb_payload *payload,
                       bool audio, int64_t now_ns)
{
    if (!outgoing->aimed) {
        outgoing->anchored = false;
        return;
    }
    if (!outgoing->anchored || outgoing->anchor_ssrc != heard->ssrc || (audio && leaps(outgoing, heard)))
        anchor(outgoing, heard);
    const struct rb_rtp header = {
        .payload_type = payload->payload_type,
        .marker = heard->marker,
        .sequence = (uint16_t)(heard->sequence + outgoing->anchor_sequences),
        .timestamp = heard->timestamp + outgoing->anchor_timestamps,
        .ssrc = outgoing->ssrc,
        .payload = payload->octets,
        .size = payload->size,
    };
    if ((uint16_t)(header.sequence - outgoing->sequence) < 0x8000) {
        outgoing->sequence = header.sequence;
        if (audio)
            outgoing->timestamp = header.timestamp + (uint32_t)payload->size;
    }
    put(outgoing, &header, now_ns);
}
