/* Reports: what is written can be read, and what is broken is none. */
#include "check.h"
#include "rtcp.h"

static struct rb_report report(void)
{
    struct rb_report made = {
        .ssrc = 0x11111111,
        .sends = true,
        .ntp_time = 0x0123456789abcdef,
        .timestamp = 160,
        .packets = 3,
        .octets = 480,
        .has_block = true,
        .block = {.ssrc = 0x22222222, .fraction_lost = 128, .lost = -2, .highest_sequence = 65537, .jitter = 8,
                  .last_report = 0x456789ab, .delay = 65536},
        .goodbye = true,
    };
    memcpy(made.cname, "0123456789abcdef01234567", RB_CNAME);
    return made;
}

static void a_report_is_read_by_the_other_end(void)
{
    uint8_t data[RB_RTCP_BUILT];
    struct rb_report said = report();
    struct rb_rtcp heard;
    size_t size = rb_rtcp_build(data, &said);
    CHECK_EQUAL(size % 4, 0);
    CHECK(rb_rtcp_parse(data, size, 0x22222222, &heard));
    CHECK(heard.has_sender_report);
    CHECK_EQUAL(heard.middle, 0x456789ab);
    CHECK(heard.goodbye);
    CHECK(heard.has_block);
    CHECK_EQUAL(heard.block.fraction_lost, 128);
    CHECK_EQUAL(heard.block.lost, -2);
    CHECK_EQUAL(heard.block.highest_sequence, 65537);
    CHECK_EQUAL(heard.block.jitter, 8);
    CHECK_EQUAL(heard.block.last_report, 0x456789ab);
    CHECK_EQUAL(heard.block.delay, 65536);
}

static void a_block_about_another_stream_is_passed_over(void)
{
    uint8_t data[RB_RTCP_BUILT];
    struct rb_report said = report();
    struct rb_rtcp heard;
    size_t size = rb_rtcp_build(data, &said);
    CHECK(rb_rtcp_parse(data, size, 0x33333333, &heard));
    CHECK(!heard.has_block);
}

static void one_who_sends_nothing_says_so(void)
{
    uint8_t data[RB_RTCP_BUILT];
    struct rb_report said = report();
    struct rb_rtcp heard;
    said.sends = said.goodbye = false;
    size_t size = rb_rtcp_build(data, &said);
    CHECK_EQUAL(data[1], 201);
    CHECK(rb_rtcp_parse(data, size, 0x22222222, &heard));
    CHECK(!heard.has_sender_report);
    CHECK(!heard.goodbye);
    CHECK(heard.has_block);
    said.has_block = false;
    size = rb_rtcp_build(data, &said);
    CHECK(rb_rtcp_parse(data, size, 0x22222222, &heard));
    CHECK(!heard.has_block);
}

static void the_longest_report_fits(void)
{
    uint8_t data[RB_RTCP_BUILT];
    struct rb_report said = report();
    CHECK(rb_rtcp_build(data, &said) == 28 + 24 + 36 + 8);
}

static void what_is_cut_off_is_no_report(void)
{
    uint8_t data[RB_RTCP_BUILT];
    struct rb_report said = report();
    struct rb_rtcp heard;
    size_t whole = rb_rtcp_build(data, &said), ends[] = {52, 88, whole};
    for (size_t size = 0; size < whole; size++)
        CHECK(rb_rtcp_parse(data, size, 1, &heard) == (size == ends[0] || size == ends[1]));
}

static void what_begins_with_anything_else_is_no_report(void)
{
    struct rb_rtcp heard;
    const uint8_t goodbye[] = {0x81, 203, 0, 1, 0, 0, 0, 1}, padded[] = {0xa0, 201, 0, 1, 0, 0, 0, 1};
    const uint8_t version[] = {0x40, 201, 0, 1, 0, 0, 0, 1}, short_blocks[] = {0x81, 201, 0, 1, 0, 0, 0, 1};
    CHECK(!rb_rtcp_parse(goodbye, sizeof goodbye, 1, &heard));
    CHECK(!rb_rtcp_parse(padded, sizeof padded, 1, &heard));
    CHECK(!rb_rtcp_parse(version, sizeof version, 1, &heard));
    CHECK(!rb_rtcp_parse(short_blocks, sizeof short_blocks, 1, &heard));
}

int main(void)
{
    RUN(a_report_is_read_by_the_other_end);
    RUN(a_block_about_another_stream_is_passed_over);
    RUN(one_who_sends_nothing_says_so);
    RUN(the_longest_report_fits);
    RUN(what_is_cut_off_is_no_report);
    RUN(what_begins_with_anything_else_is_no_report);
    return check_report();
}
