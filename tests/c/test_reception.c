/* Losses, order and jitter of what is received. */
#include "check.h"
#include "reception.h"

#define MS 1000000

static bool take(struct rb_reception *reception, uint32_t ssrc, uint16_t sequence)
{
    const struct rb_rtp heard = {.ssrc = ssrc, .sequence = sequence, .size = 160};
    return rb_reception_take(reception, &heard, 0, true);
}

static void what_is_missing_is_lost(void)
{
    struct rb_reception reception = {0};
    CHECK_EQUAL(rb_reception_lost(&reception), 0);
    take(&reception, 1, 10);
    take(&reception, 1, 14);
    CHECK_EQUAL(rb_reception_lost(&reception), 3);
    take(&reception, 1, 12); /* late, and no loss */
    CHECK_EQUAL(rb_reception_lost(&reception), 2);
    CHECK_EQUAL(reception.out_of_order, 1);
    CHECK(!reception.is_newest);
    take(&reception, 1, 14);
    CHECK_EQUAL(reception.duplicates, 1);
    CHECK_EQUAL(reception.packets, 4);
    CHECK_EQUAL(reception.octets, 640);
}

static void the_sequence_goes_round(void)
{
    struct rb_reception reception = {0};
    for (uint32_t sequence = 65530; sequence < 65542; sequence++)
        take(&reception, 1, (uint16_t)sequence);
    CHECK_EQUAL(rb_reception_lost(&reception), 0);
    CHECK_EQUAL(rb_reception_interval(&reception).highest_sequence, 65541);
}

static void two_in_a_row_from_far_away_begin_anew(void)
{
    struct rb_reception reception = {0};
    take(&reception, 1, 10);
    take(&reception, 1, 30000);
    CHECK_EQUAL(rb_reception_interval(&reception).highest_sequence, 10);
    take(&reception, 1, 30001);
    CHECK_EQUAL(rb_reception_interval(&reception).highest_sequence, 30001);
    CHECK_EQUAL(rb_reception_lost(&reception), 0);
}

static void a_new_source_needs_two_in_sequence_and_keeps_the_sums(void)
{
    struct rb_reception reception = {0};
    take(&reception, 1, 10);
    take(&reception, 1, 12);
    CHECK(!take(&reception, 2, 500));
    CHECK(!take(&reception, 2, 502));
    CHECK(take(&reception, 2, 503));
    take(&reception, 2, 505);
    CHECK_EQUAL(reception.ssrc, 2);
    CHECK_EQUAL(rb_reception_lost(&reception), 2);
    CHECK_EQUAL(reception.packets, 6);
}

static void two_sources_in_turns_do_not_replace_each_other(void)
{
    struct rb_reception reception = {0};
    for (uint16_t sequence = 0; sequence < 10; sequence++) {
        CHECK(take(&reception, 1, sequence));
        CHECK(!take(&reception, 2, (uint16_t)(500 + sequence)));
    }
    CHECK_EQUAL(reception.ssrc, 1);
    CHECK_EQUAL(rb_reception_lost(&reception), 0);
}

static void keys_of_their_own_source_never_replace_the_sound(void)
{
    struct rb_reception reception = {0};
    take(&reception, 1, 10);
    for (uint16_t sequence = 500; sequence < 510; sequence++) {
        const struct rb_rtp heard = {.ssrc = 2, .sequence = sequence, .size = 4};
        CHECK(!rb_reception_take(&reception, &heard, 0, false));
    }
    CHECK_EQUAL(reception.ssrc, 1);
    CHECK_EQUAL(reception.packets, 11);
}

static void jitter_is_that_of_the_rfc(void)
{
    struct rb_reception reception = {0};
    const int64_t came_ms[] = {0, 20, 50, 60}; /* one packet 10 ms late, then on time again */
    for (uint16_t at = 0; at < 4; at++) {
        const struct rb_rtp heard = {.ssrc = 1, .sequence = at, .timestamp = 160u * at + 0xffffff00, .size = 160};
        rb_reception_take(&reception, &heard, came_ms[at] * MS, true);
    }
    double first = 80.0 / 16, wanted = first + (80 - first) / 16; /* J += (|D| - J) / 16, section 6.4.1 */
    CHECK(reception.jitter > wanted - 1e-9 && reception.jitter < wanted + 1e-9);
    CHECK_EQUAL(reception.largest_gap_ns, 30 * MS);
}

static void a_report_tells_of_the_time_since_the_last(void)
{
    struct rb_reception reception = {0};
    for (uint16_t sequence = 0; sequence < 10; sequence += 2)
        take(&reception, 7, sequence);
    struct rb_report_block block = rb_reception_interval(&reception);
    CHECK_EQUAL(block.ssrc, 7);
    CHECK_EQUAL(block.lost, 4);
    CHECK_EQUAL(block.fraction_lost, 4 * 256 / 9);
    take(&reception, 7, 9);
    CHECK_EQUAL(rb_reception_interval(&reception).fraction_lost, 0);
    for (int repeated = 0; repeated < 10; repeated++)
        take(&reception, 7, 9);
    block = rb_reception_interval(&reception);
    CHECK_EQUAL(block.lost, -6); /* more came than was sent */
    CHECK_EQUAL(block.fraction_lost, 0);
    CHECK_EQUAL(rb_reception_lost(&reception), 0);
}

int main(void)
{
    RUN(what_is_missing_is_lost);
    RUN(the_sequence_goes_round);
    RUN(two_in_a_row_from_far_away_begin_anew);
    RUN(a_new_source_needs_two_in_sequence_and_keeps_the_sums);
    RUN(two_sources_in_turns_do_not_replace_each_other);
    RUN(keys_of_their_own_source_never_replace_the_sound);
    RUN(jitter_is_that_of_the_rfc);
    RUN(a_report_tells_of_the_time_since_the_last);
    return check_report();
}
