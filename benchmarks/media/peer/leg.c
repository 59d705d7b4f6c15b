#include "leg.h"

#include <string.h>

#include "payload.h"

enum {
    HEADER = 12,
    PTIME_NS = 20000000,
    SAMPLES = 160,
    PRESS_PACKETS = 5, /* 100 ms */
    PRESS_ENDS = 3,
    PRESS_PERIOD = 25, /* from one press to the next: half a second */
    KEYS = 12,
    REPORT_SECONDS = 5,
    SENDER_REPORT = 200,
    DESCRIPTION = 202,
    GOODBYE = 203,
};

static const int64_t NTP_EPOCH = 2208988800; /* 1970 in seconds since 1900 */

static uint16_t get16(const uint8_t *bytes)
{
    return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

static uint32_t get32(const uint8_t *bytes)
{
    return (uint32_t)get16(bytes) << 16 | get16(bytes + 2);
}

static uint8_t *put32(uint8_t *bytes, uint32_t number)
{
    for (int at = 0; at < 4; at++)
        bytes[at] = (uint8_t)(number >> (24 - 8 * at));
    return bytes + 4;
}

void leg_begin(struct leg *leg, uint32_t number, int socket, const struct sockaddr_in *engine)
{
    *leg = (struct leg){.number = number, .socket = socket, .engine = *engine};
    leg->report_due = number % (REPORT_SECONDS * 50);
}

void leg_measure(struct leg *leg)
{
    leg->in_measurement = 0;
    memset(leg->bins, 0, sizeof leg->bins);
}

double leg_jitter_p99_ms(const struct leg *leg)
{
    uint32_t count = 0, seen = 0;
    for (int bin = 0; bin < LEG_STREAM_BINS; bin++)
        count += leg->bins[bin];
    for (int bin = 0; bin < LEG_STREAM_BINS; bin++) {
        seen += leg->bins[bin];
        if (seen * 100 >= count * 99)
            return (bin + 1) * 0.25;
    }
    return 0;
}

/* ------------------------------------------------------------ receiving */

static void judge(struct leg *leg, const struct payload *payload, int step, int64_t at_ns, struct tally *tally)
{
    if (payload->kind == PAYLOAD_WRONG)
        tally->wrong++;
    if (payload->kind == PAYLOAD_SILENCE)
        tally->silent++;
    bool framed = payload->kind == PAYLOAD_PROMPT || payload->kind == PAYLOAD_SENT;
    if (framed && leg->frame_known && (leg->their_frame + step) % PAYLOAD_FRAMES != payload->frame)
        tally->misplaced++;
    leg->frame_known = framed;
    leg->their_frame = payload->frame;
    if (payload->kind == PAYLOAD_SENT) {
        if (leg->partner_known && leg->partner != payload->leg)
            tally->wrong++;
        leg->partner_known = true;
        leg->partner = payload->leg;
        histogram_add(&tally->transit, at_ns - payload->sent_ns);
    }
}

static void note_interval(struct leg *leg, int64_t ns, struct tally *tally)
{
    int64_t strayed = ns < PTIME_NS ? PTIME_NS - ns : ns - PTIME_NS;
    int64_t bin = strayed / 250000;
    leg->bins[bin < LEG_STREAM_BINS ? bin : LEG_STREAM_BINS - 1]++;
    histogram_add(&tally->jitter, strayed);
}

bool leg_continues(const struct leg *leg, const uint8_t *packet)
{
    return leg->heard && get32(packet + 8) == leg->their_ssrc;
}

void leg_receive(struct leg *leg, const uint8_t *packet, size_t size, int64_t at_ns, struct tally *tally)
{
    uint16_t sequence = get16(packet + 2);
    if (!leg_continues(leg, packet))
        leg->heard = leg->frame_known = leg->partner_known = false; /* another stream */
    int step = leg->heard ? (int16_t)(uint16_t)(sequence - leg->their_sequence) : 1;
    if (step == 0)
        tally->repeated++;
    else if (step < 0)
        tally->late++;
    if (step <= 0)
        return;
    tally->received++;
    tally->lost += (uint64_t)(step - 1);
    if (step == 1 && leg->heard)
        note_interval(leg, at_ns - leg->their_last_ns, tally);
    if ((packet[1] & 0x7F) == LEG_EVENTS) {
        tally->events++;
        leg->frame_known = false;
    } else {
        struct payload payload = payload_read(packet + HEADER, size - HEADER);
        judge(leg, &payload, step, at_ns, tally);
    }
    leg->highest = leg->heard ? leg->highest + (uint32_t)step : sequence;
    leg->heard = true;
    leg->their_ssrc = get32(packet + 8);
    leg->their_sequence = sequence;
    leg->their_last_ns = at_ns;
    leg->received++;
    leg->in_measurement++;
}

unsigned leg_receive_report(struct leg *leg, const uint8_t *packet, size_t size, int64_t now_ns)
{
    unsigned goodbyes = 0;
    while (size >= 4 && packet[0] >> 6 == 2) {
        size_t length = 4 * ((size_t)get16(packet + 2) + 1);
        if (length > size)
            break;
        if (packet[1] == SENDER_REPORT && length >= 28) {
            leg->their_report = get32(packet + 10);
            leg->their_report_ns = now_ns;
        }
        goodbyes += packet[1] == GOODBYE;
        packet += length;
        size -= length;
    }
    return goodbyes;
}

/* ------------------------------------------------------------ sending */

/* Writes the telephone-event that is due, if one is: 5 packets, 3 times the end, then audio until the next press.
 *
 *   0 1 2 3 4 | 4E 4E 4E | audio ... | next press
 */
static size_t press(struct leg *leg, uint8_t *packet)
{
    if (leg->press_step == 0 && leg->presses_left == 0)
        return 0;
    uint32_t step = leg->press_step++;
    if (step >= PRESS_PACKETS + PRESS_ENDS) {
        if (leg->press_step == PRESS_PERIOD)
            leg->press_step = 0;
        return 0;
    }
    if (step == 0) {
        leg->presses_left--;
        leg->presses++;
    }
    bool end = step >= PRESS_PACKETS;
    uint32_t duration = SAMPLES * (end ? PRESS_PACKETS : step + 1);
    packet[1] = (uint8_t)(LEG_EVENTS | (step == 0 ? 0x80 : 0));
    put32(packet + 4, leg->timestamp - SAMPLES * step);
    packet[12] = (uint8_t)((leg->number + leg->presses - 1) % KEYS);
    packet[13] = end ? 0x8A : 0x0A;
    packet[14] = (uint8_t)(duration >> 8);
    packet[15] = (uint8_t)duration;
    return HEADER + 4;
}

size_t leg_send(struct leg *leg, uint8_t packet[LEG_PACKET_MAX], int64_t realtime_ns)
{
    leg->sequence++;
    leg->timestamp += SAMPLES;
    leg->frame++;
    if (leg->gap_every && (leg->sent + leg->skipped) % leg->gap_every == leg->gap_every - 1) {
        leg->sequence++;
        leg->timestamp += SAMPLES;
        leg->frame++;
        leg->skipped++;
    }
    packet[0] = 0x80;
    packet[1] = 0;
    packet[2] = (uint8_t)(leg->sequence >> 8);
    packet[3] = (uint8_t)leg->sequence;
    put32(packet + 4, leg->timestamp);
    put32(packet + 8, 0x10000000 + leg->number);
    size_t size = press(leg, packet);
    if (size == 0) {
        payload_write(packet + HEADER, leg->frame, leg->number, realtime_ns);
        size = HEADER + PAYLOAD_SIZE;
    }
    leg->sent++;
    leg->octets += (uint32_t)(size - HEADER);
    return size;
}

size_t leg_report(struct leg *leg, uint8_t packet[LEG_PACKET_MAX], int64_t realtime_ns, int64_t now_ns)
{
    leg->report_due = REPORT_SECONDS * 50;
    uint8_t *at = packet;
    at = put32(at, 0x81000000u | SENDER_REPORT << 16 | 12); /* V=2, one report block, 13 words */
    at = put32(at, 0x10000000 + leg->number);
    at = put32(at, (uint32_t)(realtime_ns / 1000000000 + NTP_EPOCH));
    at = put32(at, (uint32_t)(((uint64_t)(realtime_ns % 1000000000) << 32) / 1000000000));
    at = put32(at, leg->timestamp);
    at = put32(at, leg->sent);
    at = put32(at, leg->octets);
    at = put32(at, leg->their_ssrc);
    at = put32(at, 0); /* lost nothing; what is lost here fails the benchmark */
    at = put32(at, leg->highest);
    at = put32(at, 0);
    at = put32(at, leg->their_report);
    at = put32(at, leg->their_report ? (uint32_t)(((now_ns - leg->their_report_ns) << 16) / 1000000000) : 0);
    at = put32(at, 0x81000000u | DESCRIPTION << 16 | 3); /* one chunk, 4 words */
    at = put32(at, 0x10000000 + leg->number);
    memcpy(at, "\x01\x04peer\0", 8); /* CNAME, ended by a zero and filled up */
    return (size_t)(at + 8 - packet);
}
