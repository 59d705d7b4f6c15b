/* What a leg hears: who may be heard, what it means, and where it goes on to. */
#include "clock.h"
#include "g711.h"
#include "leg.h"
#include "srtp.h"
#include "tap.h"

#define TONES_AT_ONCE 480     /* samples: 60 ms */
#define TWIN_NS (500 * RB_MS) /* after its tones were told, the telephone-event of the same press may begin */

/* Tells whether packets of a source are looked at: of any until one is latched, and after a long quiet; of the one that
 * the session description names always. */
static bool is_admitted(const struct rb_leg *leg, const struct sockaddr_in *source, int64_t now_ns)
{
    return !leg->latched || rb_same_address(&leg->source, source) || rb_same_address(&leg->remote.address, source)
           || now_ns - leg->last_heard_ns >= RB_RELATCH_NS;
}

static void latch(struct rb_leg *leg, const struct sockaddr_in *source, int64_t now_ns)
{
    leg->latched = true;
    leg->source = *source;
    leg->collided = false;
    leg->outgoing.target = *source;
    const struct rb_event event = {.kind = RB_LATCHED, .leg = leg->number, .source = *source, .at_ns = now_ns};
    rb_events_tell(leg->events, &event);
}

/* Gives the codec by which a payload type is heard. */
static enum rb_codec codec_of(const struct rb_leg *leg, uint8_t payload_type)
{
    if (payload_type == leg->remote.payload_type)
        return leg->remote.codec;
    if (payload_type == RB_PCMU || payload_type == RB_PCMA || payload_type == RB_G722)
        return (enum rb_codec)payload_type;
    return RB_NO_CODEC;
}

static bool is_event(const struct rb_leg *leg, uint8_t payload_type)
{
    if (payload_type == leg->remote.payload_type)
        return false;
    return payload_type == RB_OFFERED_EVENTS || payload_type == leg->remote.event_payload_type;
}

/* Hears tones of a far end that sends no telephone-events. */
static void hear_tones(struct rb_leg *leg, const struct rb_rtp *heard, enum rb_codec codec, int64_t now_ns)
{
    const int16_t *linear = codec == RB_PCMU ? rb_pcmu_linear : rb_pcma_linear;
    int16_t samples[TONES_AT_ONCE];
    for (size_t from = 0; from < heard->size; from += TONES_AT_ONCE) {
        size_t count = 0;
        while (count < TONES_AT_ONCE && from + count < heard->size) {
            samples[count] = linear[heard->payload[from + count]];
            count++;
        }
        char digit = rb_inband_hear(&leg->inband, samples, count);
        if (!digit)
            continue;
        leg->inband_digit = digit;
        leg->inband_ns = now_ns;
        rb_leg_tell_digit(leg, digit, now_ns);
    }
}

/* Some far ends send keys as a source of their own beside the sound: only another source of keys starts anew. */
static void hear_digit(struct rb_leg *leg, const struct rb_rtp *heard, int64_t now_ns)
{
    char digits[RB_DIGITS_TOLD], unfinished = 0;
    if (leg->keys_heard && leg->keys_ssrc != heard->ssrc)
        unfinished = rb_digit_receiver_restart(&leg->digits);
    if (!leg->keys_heard && leg->inband_digit && now_ns - leg->inband_ns < TWIN_NS)
        leg->twin = leg->inband_digit;
    leg->keys_heard = true;
    leg->keys_ssrc = heard->ssrc;
    if (unfinished)
        rb_leg_tell_key(leg, unfinished, now_ns);
    size_t count =
        rb_digit_receiver_take(&leg->digits, heard->payload, heard->size, heard->timestamp, now_ns, digits);
    for (size_t at = 0; at < count; at++)
        rb_leg_tell_key(leg, digits[at], now_ns);
}

/* The far end took our SSRC: we take another, once a source; what comes after that is our own, sent back
 * (RFC 3550, section 8.2). */
static void collide(struct rb_leg *leg, int64_t now_ns)
{
    if (leg->collided)
        return;
    leg->collided = true;
    rb_reporting_leave(&leg->reporting, &leg->outgoing, &leg->reception, now_ns);
    rb_outgoing_renew(&leg->outgoing);
}

/* Sends on sound that the other leg heard, where its codec can be had; else this leg is sent silence. */
static void relay_sound(struct rb_leg *leg, const struct rb_rtp *heard, enum rb_codec codec, int64_t now_ns)
{
    uint8_t converted[RB_RTP_MAX];
    struct rb_payload payload = {
        .payload_type = leg->remote.payload_type, .octets = heard->payload, .size = heard->size};
    if (codec != leg->remote.codec) {
        const uint8_t *table = rb_codec_table(codec, leg->remote.codec);
        if (!table)
            return;
        rb_codec_convert(table, heard->payload, converted, heard->size);
        payload.octets = converted;
    }
    rb_outgoing_relay(&leg->outgoing, heard, &payload, true, now_ns);
    leg->last_relayed_ns = now_ns;
}

static void relay_event(struct rb_leg *leg, const struct rb_rtp *heard, int64_t now_ns)
{
    if (leg->remote.event_payload_type < 0)
        return;
    const struct rb_payload payload = {
        .payload_type = (uint8_t)leg->remote.event_payload_type, .octets = heard->payload, .size = heard->size};
    rb_outgoing_relay(&leg->outgoing, heard, &payload, false, now_ns);
    leg->last_relayed_ns = now_ns;
}

static bool may_relay(const struct rb_leg *leg)
{
    return leg->bridged && leg->bridged->connected && !rb_digit_sender_busy(&leg->bridged->keys);
}

/* A packet of the source that may be heard. */
static void take(struct rb_leg *leg, const struct rb_rtp *heard, int64_t now_ns)
{
    bool event = is_event(leg, heard->payload_type);
    enum rb_codec codec = codec_of(leg, heard->payload_type);
    if (!leg->first_received_ns)
        leg->first_received_ns = now_ns;
    leg->last_received_ns = leg->last_heard_ns = now_ns;
    leg->silent = false;
    if (heard->ssrc == leg->outgoing.ssrc)
        collide(leg, now_ns);
    bool counted = rb_reception_take(&leg->reception, heard, now_ns, !event);
    if (event) {
        hear_digit(leg, heard, now_ns);
        if (may_relay(leg))
            relay_event(leg->bridged, heard, now_ns);
    } else if (codec != RB_NO_CODEC && counted) {
        if (leg->remote.inband_digits && !leg->keys_heard && codec != RB_G722 && leg->reception.is_newest)
            hear_tones(leg, heard, codec, now_ns);
        if (may_relay(leg))
            relay_sound(leg->bridged, heard, codec, now_ns);
    }
}

void rb_leg_hear(struct rb_leg *leg, uint8_t *data, size_t size, const struct sockaddr_in *source, int64_t now_ns)
{
    struct rb_rtp heard;
    struct rb_srtp *srtp = leg->outgoing.srtp;
    if (!leg->connected)
        return;
    if (!is_admitted(leg, source, now_ns)) {
        leg->foreign++;
        return;
    }
    if ((srtp && rb_srtp_unprotect(srtp, data, &size) != 0) || !rb_rtp_parse(data, size, &heard)
        || (codec_of(leg, heard.payload_type) == RB_NO_CODEC && !is_event(leg, heard.payload_type)
            && heard.payload_type != RB_COMFORT_NOISE)) {
        leg->malformed++;
        return;
    }
    if (!leg->latched || !rb_same_address(&leg->source, source))
        latch(leg, source, now_ns);
    if (leg->outgoing.tap)
        rb_tap_packet(leg->outgoing.tap, now_ns, 0, source, data, size);
    take(leg, &heard, now_ns);
}

void rb_leg_hear_report(struct rb_leg *leg, uint8_t *data, size_t size, const struct sockaddr_in *source,
                        int64_t now_ns)
{
    if (!leg->latched || source->sin_addr.s_addr != leg->source.sin_addr.s_addr)
        return;
    if (leg->outgoing.srtp && rb_srtp_unprotect_rtcp(leg->outgoing.srtp, data, &size) != 0)
        return;
    rb_reporting_take(&leg->reporting, &leg->outgoing, data, size, source, now_ns);
}
