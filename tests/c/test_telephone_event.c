/* Digits told once, whatever becomes of their packets, and digits sent as drawn. */
#include "check.h"
#include "telephone_event.h"

#define MS 1000000

struct ear {
    struct rb_digit_receiver receiver;
    char told[64];
    size_t count;
};

static void hear(struct ear *ear, const char payload[RB_EVENT_BLOCK], uint32_t timestamp, int64_t at_ms)
{
    char digits[RB_DIGITS_TOLD];
    size_t count = rb_digit_receiver_take(&ear->receiver, (const uint8_t *)payload, RB_EVENT_BLOCK, timestamp,
                                          at_ms * MS, digits);
    memcpy(ear->told + ear->count, digits, count);
    ear->count += count;
}

static void a_press_is_told_once_with_its_end(void)
{
    struct ear ear = {0};
    hear(&ear, "\x05\x0a\x00\xa0", 100, 0);
    hear(&ear, "\x05\x0a\x01\x40", 100, 20);
    CHECK_EQUAL(ear.count, 0);
    for (int repeated = 0; repeated < 3; repeated++)
        hear(&ear, "\x05\x8a\x01\xe0", 100, 40);
    hear(&ear, "\x05\x0a\x00\xa0", 100, 60); /* late */
    CHECK_EQUAL(ear.count, 1);
    CHECK_BYTES(ear.told, "5", 1);
}

static void an_end_alone_is_a_press(void)
{
    struct ear ear = {0};
    hear(&ear, "\x0b\x8a\x03\x20", 7, 0);
    CHECK_BYTES(ear.told, "#", 1);
}

static void a_press_is_over_with_the_next(void)
{
    struct ear ear = {0};
    hear(&ear, "\x01\x0a\x00\xa0", 0xffffff00, 0);
    hear(&ear, "\x02\x8a\x03\x20", 0x100, 20); /* across the turn of the clock */
    CHECK_EQUAL(ear.count, 2);
    CHECK_BYTES(ear.told, "12", 2);
}

static void an_earlier_press_that_comes_late_is_told(void)
{
    struct ear ear = {0};
    hear(&ear, "\x02\x0a\x00\xa0", 5000, 0);
    hear(&ear, "\x01\x8a\x03\x20", 1000, 10);
    hear(&ear, "\x01\x8a\x03\x20", 1000, 10);
    hear(&ear, "\x02\x8a\x03\x20", 5000, 20);
    CHECK_EQUAL(ear.count, 2);
    CHECK_BYTES(ear.told, "12", 2);
}

static void a_press_of_more_than_eight_seconds_is_one(void)
{
    struct ear ear = {0};
    hear(&ear, "\x03\x0a\xff\xff", 1000, 0);
    hear(&ear, "\x03\x0a\x00\xa0", 1000 + 0xffff, 20);
    hear(&ear, "\x03\x8a\x01\x40", 1000 + 0xffff, 40);
    CHECK_EQUAL(ear.count, 1);
}

static void a_lost_end_is_known_by_the_quiet(void)
{
    struct ear ear = {0};
    hear(&ear, "\x09\x0a\x00\xa0", 1, 100);
    CHECK_EQUAL(rb_digit_receiver_expire(&ear.receiver, 299 * MS), 0);
    CHECK_EQUAL(rb_digit_receiver_expire(&ear.receiver, 300 * MS), '9');
    CHECK_EQUAL(rb_digit_receiver_expire(&ear.receiver, 900 * MS), 0);
    hear(&ear, "\x09\x8a\x00\xa0", 1, 310);
    CHECK_EQUAL(ear.count, 0);
}

static void a_new_stream_may_use_the_old_timestamps(void)
{
    struct ear ear = {0};
    hear(&ear, "\x01\x8a\x03\x20", 1, 0);
    hear(&ear, "\x02\x0a\x03\x20", 9, 0);
    CHECK_EQUAL(rb_digit_receiver_restart(&ear.receiver), '2');
    hear(&ear, "\x04\x8a\x03\x20", 1, 0);
    CHECK_BYTES(ear.told, "14", 2);
}

static void what_is_no_digit_is_passed_over(void)
{
    struct ear ear = {0};
    char digits[RB_DIGITS_TOLD];
    hear(&ear, "\x10\x8a\x03\x20", 1, 0); /* flash */
    CHECK_EQUAL(rb_digit_receiver_take(&ear.receiver, (const uint8_t *)"\x01\x8a\x03", 3, 2, 0, digits), 0);
    CHECK_EQUAL(rb_digit_receiver_take(&ear.receiver, (const uint8_t *)"", 0, 2, 0, digits), 0);
    CHECK_EQUAL(ear.count, 0);
}

static void a_digit_is_sent_for_a_tenth_of_a_second_with_three_ends(void)
{
    static const char *drawn[] = {"\x05\x0a\x00\xa0", "\x05\x0a\x01\x40", "\x05\x0a\x01\xe0", "\x05\x0a\x02\x80",
                                  "\x05\x8a\x03\x20", "\x05\x8a\x03\x20", "\x05\x8a\x03\x20"};
    struct rb_digit_sender sender = {0};
    struct rb_event_payload payload;
    rb_digit_sender_press(&sender, '5');
    for (uint32_t packet = 0; packet < 7; packet++) {
        CHECK(rb_digit_sender_next(&sender, 160, &payload));
        CHECK_BYTES(payload.bytes, drawn[packet], RB_EVENT_BLOCK);
        CHECK_EQUAL(payload.marker, packet == 0);
        CHECK_EQUAL(payload.elapsed, 160 * packet);
    }
    for (int packet = 7; packet < 10; packet++) {
        CHECK(rb_digit_sender_busy(&sender));
        CHECK(!rb_digit_sender_next(&sender, 160, &payload));
    }
    CHECK(!rb_digit_sender_busy(&sender));
}

static void so_many_digits_wait_and_no_more(void)
{
    struct rb_digit_sender sender = {0};
    struct rb_event_payload payload;
    rb_digit_sender_press(&sender, 'x');
    rb_digit_sender_press(&sender, 0);
    CHECK(!rb_digit_sender_busy(&sender));
    for (int pressed = 0; pressed < RB_PENDING + 5; pressed++)
        rb_digit_sender_press(&sender, 'd');
    int begun = 0;
    while (rb_digit_sender_busy(&sender))
        if (rb_digit_sender_next(&sender, 480, &payload))
            begun += payload.marker;
    CHECK_EQUAL(begun, RB_PENDING);
    CHECK_EQUAL(payload.bytes[0], 15);
}

int main(void)
{
    RUN(a_press_is_told_once_with_its_end);
    RUN(an_end_alone_is_a_press);
    RUN(a_press_is_over_with_the_next);
    RUN(an_earlier_press_that_comes_late_is_told);
    RUN(a_press_of_more_than_eight_seconds_is_one);
    RUN(a_lost_end_is_known_by_the_quiet);
    RUN(a_new_stream_may_use_the_old_timestamps);
    RUN(what_is_no_digit_is_passed_over);
    RUN(a_digit_is_sent_for_a_tenth_of_a_second_with_three_ends);
    RUN(so_many_digits_wait_and_no_more);
    return check_report();
}
