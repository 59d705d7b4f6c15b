/* A queue of prompts cut into frames without a gap. */
#include "check.h"
#include "g711.h"
#include "playout.h"

#define FRAME 160

static uint32_t over[2048];
static size_t over_count;

static void note(void *context, uint32_t play)
{
    CHECK(context == over);
    over[over_count++] = play;
}

static struct rb_prompt *prompt(const char *pcmu, size_t size)
{
    const struct rb_encoding encodings[RB_CODECS] = {{pcmu, size}};
    return rb_prompt_new(encodings);
}

static void frame(struct rb_playout *playout, enum rb_codec codec, uint8_t octets[FRAME])
{
    rb_playout_frame(playout, codec, octets, FRAME, note, over);
}

static void prompts_follow_each_other_and_silence_follows_them(void)
{
    struct rb_playout playout = {0};
    struct rb_prompt *one = prompt("ab", 2), *two = prompt("c", 1);
    uint8_t octets[FRAME];
    over_count = 0;
    CHECK(rb_playout_append(&playout, 1, one, 2));
    CHECK(rb_playout_append(&playout, 2, two, 1));
    rb_prompt_release(one); /* forgotten while it plays */
    rb_prompt_release(two);
    frame(&playout, RB_PCMU, octets);
    CHECK_BYTES(octets, "ababc\xff\xff", 7);
    CHECK_EQUAL(octets[FRAME - 1], 0xff);
    CHECK_EQUAL(over_count, 2);
    CHECK_EQUAL(over[0], 1);
    CHECK_EQUAL(over[1], 2);
    CHECK(rb_playout_idle(&playout));
    frame(&playout, RB_PCMA, octets);
    CHECK_EQUAL(octets[0], 0xd5);
}

static void a_prompt_without_end_is_stopped(void)
{
    struct rb_playout playout = {0};
    struct rb_prompt *one = prompt("abc", 3);
    uint8_t octets[FRAME];
    over_count = 0;
    rb_playout_append(&playout, 1, one, 0);
    frame(&playout, RB_PCMU, octets);
    frame(&playout, RB_PCMU, octets);
    CHECK_EQUAL(octets[0], "abc"[FRAME % 3]); /* it went on where the frame before ended */
    rb_playout_stop(&playout);
    CHECK(rb_playout_idle(&playout));
    CHECK_EQUAL(over_count, 0);
    rb_playout_append(&playout, 2, one, 1);
    frame(&playout, RB_PCMU, octets);
    CHECK_BYTES(octets, "abc\xff", 4); /* the next one begins at its beginning */
    rb_prompt_release(one);
}

static void one_law_is_played_in_the_other(void)
{
    struct rb_playout playout = {0};
    struct rb_prompt *one = prompt("\xfe\x00", 2);
    uint8_t octets[FRAME];
    rb_g711_init();
    rb_playout_append(&playout, 1, one, 1);
    frame(&playout, RB_PCMA, octets);
    CHECK_EQUAL(octets[0], rb_pcmu_to_pcma[0xfe]);
    CHECK_EQUAL(octets[1], rb_pcmu_to_pcma[0]);
    rb_prompt_release(one);
}

static void what_is_not_there_in_a_codec_is_over_at_once(void)
{
    struct rb_playout playout = {0};
    struct rb_prompt *one = prompt("abc", 3), *empty = prompt("", 0);
    uint8_t octets[FRAME];
    over_count = 0;
    rb_playout_append(&playout, 1, one, 0);
    rb_playout_append(&playout, 2, empty, 0);
    frame(&playout, RB_G722, octets);
    CHECK_EQUAL(over_count, 2);
    CHECK_EQUAL(octets[0], 0xff);
    rb_prompt_release(one);
    rb_prompt_release(empty);
}

static void a_change_to_a_shorter_encoding_ends_the_prompt(void)
{
    const struct rb_encoding encodings[RB_CODECS] = {{"0123456789", 10}, {"ab", 2}};
    uint8_t octets[4];
    struct rb_playout playout = {0};
    struct rb_prompt *one = rb_prompt_new(encodings);
    over_count = 0;
    rb_playout_append(&playout, 1, one, 1);
    rb_playout_frame(&playout, RB_PCMU, octets, sizeof octets, note, over);
    rb_playout_frame(&playout, RB_PCMA, octets, sizeof octets, note, over);
    CHECK_EQUAL(over_count, 1);
    CHECK_EQUAL(octets[0], 0xd5);
    rb_prompt_release(one);
}

static void a_queue_is_bounded(void)
{
    struct rb_playout playout = {0};
    struct rb_prompt *one = prompt("a", 1);
    for (uint32_t play = 0; play < RB_QUEUE; play++)
        CHECK(rb_playout_append(&playout, play, one, 1));
    CHECK(!rb_playout_append(&playout, RB_QUEUE, one, 1));
    CHECK_EQUAL(one->users, RB_QUEUE + 1);
    rb_playout_stop(&playout);
    CHECK_EQUAL(one->users, 1);
    rb_prompt_release(one);
}

int main(void)
{
    RUN(prompts_follow_each_other_and_silence_follows_them);
    RUN(a_prompt_without_end_is_stopped);
    RUN(one_law_is_played_in_the_other);
    RUN(what_is_not_there_in_a_codec_is_over_at_once);
    RUN(a_change_to_a_shorter_encoding_ends_the_prompt);
    RUN(a_queue_is_bounded);
    return check_report();
}
