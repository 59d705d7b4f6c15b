#include "reception.h"

#define MAX_DROPOUT 3000 /* sequence numbers that may be missing before the stream counts as begun anew */
#define MAX_MISORDER 100 /* how much older than the newest a packet may be */
#define SAMPLE_NS 125000
#define MAX_TRANSIT_STEP (10u * RB_RATE) /* more than 10 s is a new clock, not jitter */

static uint64_t expected(const struct rb_reception *reception)
{
    return reception->begun ? (uint64_t)(reception->highest - reception->base) + 1 : 0;
}

uint64_t rb_reception_lost(const struct rb_reception *reception)
{
    uint64_t wanted = expected(reception);
    uint64_t missing = wanted > reception->received ? wanted - reception->received : 0;
    return reception->lost_before + missing;
}

static void begin(struct rb_reception *reception, uint32_t ssrc, uint16_t sequence)
{
    if (reception->begun)
        reception->lost_before = rb_reception_lost(reception);
    reception->begun = true;
    reception->ssrc = ssrc;
    reception->base = reception->highest = sequence;
    reception->received = reception->expected_prior = reception->received_prior = 0;
    reception->timed = reception->restarts = reception->probes = false;
    reception->is_newest = true;
}

static void place(struct rb_reception *reception, uint16_t sequence)
{
    uint16_t step = (uint16_t)(sequence - reception->highest);
    reception->is_newest = false;
    if (step == 0) {
        reception->duplicates++;
    } else if (step < MAX_DROPOUT) {
        reception->highest += step;
        reception->is_newest = true;
    } else if (step > 65536 - MAX_MISORDER) {
        reception->out_of_order++;
    } else if (reception->restarts && sequence == reception->restart_at) {
        begin(reception, reception->ssrc, sequence); /* two in a row far away: the sender began anew */
    } else {
        reception->restarts = true;
        reception->restart_at = (uint16_t)(sequence + 1);
    }
}

/* Tells whether a packet of another source makes that source the one that is counted: two in sequence, with none of
 * the present one between them (RFC 3550, section A.1). So two sources in turns do not replace each other. */
static bool proves(struct rb_reception *reception, const struct rb_rtp *heard)
{
    bool proven = reception->probes && reception->probed_ssrc == heard->ssrc
                  && reception->probed_sequence == heard->sequence;
    reception->probes = true;
    reception->probed_ssrc = heard->ssrc;
    reception->probed_sequence = (uint16_t)(heard->sequence + 1);
    return proven;
}

static void time_packet(struct rb_reception *reception, uint32_t timestamp, int64_t now_ns)
{
    uint32_t transit = (uint32_t)(now_ns / SAMPLE_NS) - timestamp;
    if (reception->timed) {
        uint32_t step = transit - reception->transit;
        if (step > UINT32_MAX - step)
            step = UINT32_MAX - step + 1;
        if (step < MAX_TRANSIT_STEP)
            reception->jitter += (step - reception->jitter) / 16;
    }
    reception->timed = true;
    reception->transit = transit;
}

bool rb_reception_take(struct rb_reception *reception, const struct rb_rtp *heard, int64_t now_ns, bool timed)
{
    int64_t gap = now_ns - reception->arrival_ns;
    if (reception->packets && gap > reception->largest_gap_ns)
        reception->largest_gap_ns = gap;
    reception->arrival_ns = now_ns;
    reception->packets++;
    reception->octets += heard->size;
    if (!reception->begun) {
        begin(reception, heard->ssrc, heard->sequence);
    } else if (heard->ssrc != reception->ssrc) {
        if (!timed || !proves(reception, heard))
            return false; /* keys may come as a source of their own beside the sound: they never replace it */
        begin(reception, heard->ssrc, heard->sequence);
    } else {
        reception->probes = false;
        place(reception, heard->sequence);
    }
    reception->received++;
    if (timed)
        time_packet(reception, heard->timestamp, now_ns);
    return true;
}

struct rb_report_block rb_reception_interval(struct rb_reception *reception)
{
    uint64_t wanted = expected(reception), received = reception->received;
    int64_t asked = (int64_t)(wanted - reception->expected_prior);
    int64_t missing = asked - (int64_t)(received - reception->received_prior);
    reception->expected_prior = wanted;
    reception->received_prior = received;
    int64_t lost = (int64_t)(wanted - received);
    if (lost > 0x7FFFFF)
        lost = 0x7FFFFF;
    if (lost < -0x800000)
        lost = -0x800000;
    int64_t fraction = asked > 0 && missing > 0 ? (missing << 8) / asked : 0;
    return (struct rb_report_block){
        .ssrc = reception->ssrc,
        .fraction_lost = (uint8_t)(fraction > 255 ? 255 : fraction),
        .lost = (int32_t)lost,
        .highest_sequence = reception->highest,
        .jitter = (uint32_t)reception->jitter,
    };
}
