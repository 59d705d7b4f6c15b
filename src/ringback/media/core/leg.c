#include "leg.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "srtp.h"
#include "tap.h"

#define RELAY_QUIET (100 * RB_MS) /* how long a bridged leg is sent nothing before it is sent silence */
#define KEEPING (100 * RB_MS)     /* between two looks for what did not come */
#define MAX_SAMPLES 480           /* of a packet: 60 ms */

struct rb_leg *rb_leg_new(const struct rb_command *open, struct rb_events *events, uint64_t *chance)
{
    struct rb_leg *leg = calloc(1, sizeof *leg);
    if (!leg)
        return NULL;
    leg->statistics = calloc(1, sizeof *leg->statistics);
    if (!leg->statistics) {
        free(leg);
        return NULL;
    }
    leg->number = open->number;
    leg->rtp = (struct rb_ear){leg, open->open.rtp, false};
    leg->rtcp = (struct rb_ear){leg, open->open.rtcp, true};
    leg->silence_after_ns = open->open.silence_after_ns;
    leg->silent = true;
    leg->events = events;
    leg->chance = chance;
    rb_outgoing_begin(&leg->outgoing, leg->rtp.socket);
    rb_reporting_init(&leg->reporting, leg->rtcp.socket);
    return leg;
}

static void tell(struct rb_leg *leg, struct rb_event event)
{
    event.leg = leg->number;
    rb_events_tell(leg->events, &event);
}

void rb_leg_tell_digit(struct rb_leg *leg, char digit, int64_t now_ns)
{
    tell(leg, (struct rb_event){.kind = RB_DIGIT, .digit = digit, .at_ns = now_ns});
}

void rb_leg_tell_key(struct rb_leg *leg, char digit, int64_t now_ns)
{
    if (digit != leg->twin)
        rb_leg_tell_digit(leg, digit, now_ns);
    leg->twin = 0;
}

/* -- commands */

bool rb_same_address(const struct sockaddr_in *one, const struct sockaddr_in *two)
{
    return one->sin_addr.s_addr == two->sin_addr.s_addr && one->sin_port == two->sin_port;
}

static void aim(struct rb_leg *leg)
{
    const struct rb_remote *remote = &leg->remote;
    leg->outgoing.aimed = remote->send && remote->address.sin_port && remote->address.sin_addr.s_addr != INADDR_ANY;
    leg->outgoing.target = leg->latched ? leg->source : remote->address;
}

void rb_leg_connect(struct rb_leg *leg, const struct rb_remote *remote, int64_t now_ns)
{
    bool first = !leg->connected, held = !first && !leg->remote.send;
    if (first || !rb_same_address(&leg->remote.address, &remote->address))
        leg->latched = false;
    leg->remote = *remote;
    leg->connected = true;
    leg->samples = remote->packet_ms * RB_RATE / 1000u;
    aim(leg);
    if (first || (held && remote->send)) {
        leg->last_heard_ns = now_ns;
        leg->silent = false;
    }
    if (first)
        rb_reporting_begin(&leg->reporting, now_ns, leg->chance);
}

static void play_done(void *context, uint32_t play)
{
    struct rb_leg *leg = context;
    tell(leg, (struct rb_event){.kind = RB_PLAY_DONE, .play = play, .at_ns = leg->play_ns});
}

void rb_leg_play(struct rb_leg *leg, uint32_t play, struct rb_prompt *prompt, uint32_t repetitions, int64_t now_ns)
{
    leg->play_ns = now_ns;
    if (!prompt || !rb_playout_append(&leg->playout, play, prompt, repetitions))
        play_done(leg, play);
}

void rb_leg_bridge(struct rb_leg *leg, struct rb_leg *other)
{
    struct rb_leg *legs[] = {leg, other};
    for (int at = 0; at < 2; at++) {
        rb_leg_unbridge(legs[at]);
        rb_playout_stop(&legs[at]->playout);
        rb_outgoing_unanchor(&legs[at]->outgoing);
    }
    leg->bridged = other;
    other->bridged = leg;
}

void rb_leg_unbridge(struct rb_leg *leg)
{
    struct rb_leg *other = leg->bridged;
    if (!other)
        return;
    leg->bridged = other->bridged = NULL;
    rb_outgoing_unanchor(&leg->outgoing);
    rb_outgoing_unanchor(&other->outgoing);
}

static void fill(const struct rb_leg *leg, struct rb_statistics *figures)
{
    const struct rb_reception *reception = &leg->reception;
    const struct rb_reporting *reporting = &leg->reporting;
    *figures = (struct rb_statistics){
        .packets_sent = leg->outgoing.packets,
        .octets_sent = leg->outgoing.octets,
        .packets_received = reception->packets,
        .octets_received = reception->octets,
        .packets_lost = rb_reception_lost(reception),
        .packets_out_of_order = reception->out_of_order,
        .packets_foreign = leg->foreign,
        .packets_malformed = leg->malformed,
        .jitter_ms = reception->jitter * 1000 / RB_RATE,
        .largest_gap_ms = (double)reception->largest_gap_ns / RB_MS,
        .first_packet_sent_ns = leg->outgoing.first_ns,
        .first_packet_received_ns = leg->first_received_ns,
        .last_packet_sent_ns = leg->outgoing.last_ns,
        .last_packet_received_ns = leg->last_received_ns,
        .round_trip_ms = (double)reporting->round_trip_ns / RB_MS,
        .reported_lost = reporting->reported_lost > 0 ? reporting->reported_lost : 0,
        .reported_jitter_ms = reporting->reported_jitter * 1000.0 / RB_RATE,
    };
}

void rb_leg_close(struct rb_leg *leg, int64_t now_ns)
{
    char digit = rb_digit_receiver_restart(&leg->digits);
    if (digit)
        rb_leg_tell_key(leg, digit, now_ns);
    rb_reporting_leave(&leg->reporting, &leg->outgoing, &leg->reception, now_ns);
    close(leg->rtp.socket);
    close(leg->rtcp.socket);
    rb_playout_stop(&leg->playout);
    if (leg->outgoing.tap)
        rb_tap_close(leg->outgoing.tap);
    rb_leg_unsecure(leg);
    fill(leg, leg->statistics);
    tell(leg, (struct rb_event){.kind = RB_LEG_CLOSED, .statistics = leg->statistics, .at_ns = now_ns});
    free(leg);
}

/* -- sending */

/* Sends a packet of a digit; false where there is none to be sent just now. */
static bool press(struct rb_leg *leg, int64_t now_ns)
{
    struct rb_event_payload event;
    if (!rb_digit_sender_next(&leg->keys, leg->samples, &event) || leg->remote.event_payload_type < 0)
        return false;
    const struct rb_payload payload = {
        .payload_type = (uint8_t)leg->remote.event_payload_type,
        .octets = event.bytes,
        .size = sizeof event.bytes,
        .marker = event.marker,
        .earlier = event.elapsed,
    };
    rb_outgoing_send(&leg->outgoing, &payload, now_ns);
    return true;
}

static void send_sound(struct rb_leg *leg, int64_t now_ns)
{
    uint8_t frame[MAX_SAMPLES];
    if (leg->bridged) {
        if (now_ns - leg->last_relayed_ns <= RELAY_QUIET)
            return;
        memset(frame, rb_codec_silence(leg->remote.codec), leg->samples);
    } else {
        leg->play_ns = now_ns;
        rb_playout_frame(&leg->playout, leg->remote.codec, frame, leg->samples, play_done, leg);
    }
    const struct rb_payload payload = {.payload_type = leg->remote.payload_type, .octets = frame, .size = leg->samples};
    rb_outgoing_send(&leg->outgoing, &payload, now_ns);
}

/* Notices what did not come. */
static void keep(struct rb_leg *leg, int64_t now_ns)
{
    char digit = rb_digit_receiver_expire(&leg->digits, now_ns);
    if (digit)
        rb_leg_tell_key(leg, digit, now_ns);
    int64_t waited = now_ns - leg->last_heard_ns;
    if (!leg->silent && leg->remote.send && leg->silence_after_ns > 0 && waited >= leg->silence_after_ns) {
        leg->silent = true;
        tell(leg, (struct rb_event){.kind = RB_SILENCE, .at_ns = now_ns});
    }
    rb_reporting_report(&leg->reporting, &leg->outgoing, &leg->reception, now_ns, leg->chance);
}

void rb_leg_tick(struct rb_leg *leg, int64_t now_ns)
{
    if (now_ns - leg->kept_ns >= KEEPING) {
        leg->kept_ns = now_ns;
        keep(leg, now_ns);
    }
    if (!rb_digit_sender_busy(&leg->keys) || !press(leg, now_ns))
        send_sound(leg, now_ns);
    rb_outgoing_advance(&leg->outgoing, leg->samples);
}

void rb_leg_tap(struct rb_leg *leg, struct rb_tap *tap)
{
    rb_tap_chain(tap, leg->outgoing.tap);
    leg->outgoing.tap = tap;
}

bool rb_leg_secure(struct rb_leg *leg, const struct rb_keys *keys)
{
    struct rb_srtp **srtp = &leg->outgoing.srtp;
    if (!*srtp) {
        *srtp = rb_srtp_new(keys->suite, keys->send, keys->receive);
        return *srtp != NULL;
    }
    enum rb_srtp_changed changed = rb_srtp_change(*srtp, keys->suite, keys->send, keys->receive);
    if (changed == RB_SRTP_AFRESH)
        rb_outgoing_renew(&leg->outgoing);
    return changed != RB_SRTP_REFUSED;
}

void rb_leg_unsecure(struct rb_leg *leg)
{
    if (leg->outgoing.srtp)
        rb_srtp_free(leg->outgoing.srtp);
    leg->outgoing.srtp = NULL;
}

void rb_leg_skip(struct rb_leg *leg, uint32_t samples)
{
    rb_outgoing_advance(&leg->outgoing, samples);
}
