/* DTMF in the audio by the criteria of ITU-T Q.24: what must be heard, and what must not; not under valgrind. */
#include "inband.h"

#include <math.h>

#include "check.h"

#define MS 8                /* samples */
#define FULL_SCALE 22300.0f /* peak of a sine of 0 dBm0 */
#define LONGEST (8000 * 4)

static const char KEYS[] = "123A456B789C*0#D";
static const float LOW[] = {697, 770, 852, 941}, HIGH[] = {1209, 1336, 1477, 1633};

/* Sound that is being made, and what is heard of it. */
struct sound {
    int16_t samples[LONGEST];
    size_t size;
};

struct press {
    char key;
    unsigned ms;
    float low_dbm0, high_dbm0;
    float off; /* of both frequencies, 0.015 is 1.5 % */
};

static uint32_t seed = 1;

static float uniform(void)
{
    seed = seed * 1664525u + 1013904223u;
    return (float)(seed >> 8) / 8388608.0f - 1.0f;
}

static float decibels(float db)
{
    return powf(10.0f, db / 20.0f);
}

static int16_t clipped(float value)
{
    return (int16_t)lrintf(fmaxf(-32124.0f, fminf(32124.0f, value))); /* as far as G.711 goes */
}

static void silence(struct sound *sound, size_t samples)
{
    memset(sound->samples + sound->size, 0, samples * sizeof sound->samples[0]);
    sound->size += samples;
}

static void tone(struct sound *sound, struct press press)
{
    unsigned key = (unsigned)(strchr(KEYS, press.key) - KEYS);
    float low = LOW[key / 4] * (1.0f + press.off), high = HIGH[key % 4] * (1.0f + press.off);
    float turn = 6.28318531f / 8000.0f, phase = uniform() * 3.0f, other = uniform() * 3.0f;
    for (unsigned n = 0; n < press.ms * MS; n++)
        sound->samples[sound->size++] =
            clipped(FULL_SCALE * (decibels(press.low_dbm0) * sinf(phase + turn * low * (float)n) +
                                  decibels(press.high_dbm0) * sinf(other + turn * high * (float)n)));
}

/* White noise at a level below 0 dBm0 over the whole of a sound. */
static void add_noise(struct sound *sound, float dbm0)
{
    float peak = FULL_SCALE * decibels(dbm0) * sqrtf(1.5f); /* evenly spread: a mean square of a third of the peak's */
    for (size_t n = 0; n < sound->size; n++)
        sound->samples[n] = clipped(sound->samples[n] + peak * uniform());
}

/* What is heard, in packets of `packet` samples. */
static const char *heard(const struct sound *sound, size_t packet)
{
    static char digits[64];
    struct rb_inband ear;
    size_t count = 0;
    rb_inband_reset(&ear);
    for (size_t at = 0; at < sound->size; at += packet) {
        size_t size = sound->size - at < packet ? sound->size - at : packet;
        char digit = rb_inband_hear(&ear, sound->samples + at, size);
        if (digit != 0 && count < sizeof digits - 1)
            digits[count++] = digit;
    }
    digits[count] = 0;
    return digits;
}

/* How often one press is told, at each of the places that it may have between the pieces; -1 where it is told wrongly. */
static int times_told(struct press press, float noise_dbm0)
{
    static struct sound sound;
    int told = 0;
    for (unsigned shift = 0; shift < RB_INBAND_PIECE; shift += 3) {
        const char *digits;
        sound.size = 0;
        silence(&sound, 50 * MS + shift);
        tone(&sound, press);
        silence(&sound, 100 * MS);
        if (noise_dbm0 < 0)
            add_noise(&sound, noise_dbm0);
        digits = heard(&sound, 160);
        if (digits[0] != 0 && (digits[0] != press.key || digits[1] != 0))
            return -1;
        told += digits[0] != 0;
    }
    return told;
}

#define PLACES 14 /* that times_told tries */
#define TAKEN(...) CHECK_EQUAL(times_told((struct press){__VA_ARGS__}, 0), PLACES)
#define LEFT(...) CHECK_EQUAL(times_told((struct press){__VA_ARGS__}, 0), 0)

static void every_digit_is_heard_at_every_level(void)
{
    for (const char *key = KEYS; *key; key++)
        for (float level = -27; level <= 0; level += 3)
            TAKEN(*key, 40, level, level, 0);
}

static void what_is_too_quiet_is_none(void)
{
    for (const char *key = KEYS; *key; key++) {
        LEFT(*key, 100, -36, -36, 0);
        LEFT(*key, 100, -20, -36, 0);
        LEFT(*key, 100, -36, -20, 0);
    }
}

static void a_press_of_40_ms_is_taken_and_one_of_23_is_not(void)
{
    for (const char *key = KEYS; *key; key++) {
        TAKEN(*key, 40, -10, -10, 0);
        TAKEN(*key, 50, -10, -10, 0);
        TAKEN(*key, 1000, -10, -10, 0);
        for (unsigned ms = 5; ms <= 23; ms++)
            LEFT(*key, ms, -10, -10, 0);
    }
}

static void frequencies_may_be_off_by_one_and_a_half_percent_and_not_by_three_and_a_half(void)
{
    for (const char *key = KEYS; *key; key++)
        for (float level = -24; level <= -3; level += 7)
            for (float sign = -1; sign <= 1; sign += 2) {
                TAKEN(*key, 40, level, level, sign * 0.015f);
                LEFT(*key, 200, level, level, sign * 0.035f);
                LEFT(*key, 200, level, level, sign * 0.05f);
            }
}

static void one_tone_may_be_weaker_within_the_twist(void)
{
    for (const char *key = KEYS; *key; key++) {
        TAKEN(*key, 40, -8, -16, 0); /* the high one 8 dB below */
        TAKEN(*key, 40, -12, -8, 0); /* and 4 dB above */
        TAKEN(*key, 40, -8, -16, 0.015f);
        TAKEN(*key, 40, -12, -8, -0.015f);
        LEFT(*key, 200, -8, -19, 0);
        LEFT(*key, 200, -15, -8, 0);
    }
}

static void noise_of_15_db_below_hides_no_digit(void)
{
    for (const char *key = KEYS; *key; key++)
        for (float level = -24; level <= -4; level += 5) {
            float both = level + 3; /* two tones have twice the power of one */
            CHECK_EQUAL(times_told((struct press){*key, 40, level, level, 0}, both - 15), PLACES);
            CHECK_EQUAL(times_told((struct press){*key, 40, level, level, 0.015f}, both - 15), PLACES);
        }
}

static void noise_makes_no_gap_in_a_long_press(void)
{
    for (const char *key = KEYS; *key; key++)
        CHECK_EQUAL(times_told((struct press){*key, 2000, -10, -10, 0}, -22), PLACES);
}

static void digits_40_ms_apart_are_all_told(void)
{
    for (size_t packet = 80; packet <= 480; packet += 80) {
        static struct sound sound;
        sound.size = 0;
        for (int again = 0; again < 2; again++)
            for (const char *key = "1122334455667788990*#ABCD"; *key; key++) {
                tone(&sound, (struct press){*key, 40, -10, -10, 0});
                silence(&sound, 40 * MS);
            }
        CHECK(strcmp(heard(&sound, packet), "1122334455667788990*#ABCD1122334455667788990*#ABCD") == 0);
    }
}

static void a_gap_of_10_ms_makes_no_second_press(void)
{
    static struct sound sound;
    for (unsigned shift = 0; shift < RB_INBAND_PIECE; shift++) {
        sound.size = 0;
        silence(&sound, shift);
        tone(&sound, (struct press){'5', 60, -10, -10, 0});
        silence(&sound, 10 * MS);
        tone(&sound, (struct press){'5', 60, -10, -10, 0});
        silence(&sound, 100 * MS);
        CHECK(strcmp(heard(&sound, 160), "5") == 0);
    }
}

static void a_lost_packet_makes_no_second_press(void)
{
    static struct sound sound;
    for (size_t lost = 160; lost < 1200; lost += 40) {
        sound.size = 0;
        tone(&sound, (struct press){'8', 200, -10, -10, 0});
        silence(&sound, 100 * MS);
        memmove(sound.samples + lost, sound.samples + lost + 160, (sound.size - lost - 160) * sizeof sound.samples[0]);
        sound.size -= 160;
        CHECK(strcmp(heard(&sound, 160), "8") == 0);
    }
}

static void one_tone_alone_is_none(void)
{
    for (const char *key = KEYS; *key; key++) {
        LEFT(*key, 300, -10, -90, 0);
        LEFT(*key, 300, -90, -10, 0);
    }
}

static void tones_with_harmonics_are_a_voice(void)
{
    static struct sound sound;
    for (const char *key = KEYS; *key; key++) {
        unsigned at = (unsigned)(strchr(KEYS, *key) - KEYS);
        sound.size = 0;
        tone(&sound, (struct press){*key, 300, -10, -10, 0});
        for (size_t n = 0; n < sound.size; n++) /* 13 dB below */
            sound.samples[n] = clipped(sound.samples[n] + FULL_SCALE * decibels(-23) *
                                       sinf(6.28318531f / 8000.0f * 2.0f * LOW[at / 4] * (float)n));
        CHECK(strcmp(heard(&sound, 160), "") == 0);
    }
}

static void noise_alone_is_none(void)
{
    static struct sound sound;
    for (int again = 0; again < 30; again++) {
        sound.size = 0;
        silence(&sound, LONGEST);
        add_noise(&sound, -10);
        CHECK(strcmp(heard(&sound, 160), "") == 0);
    }
}

static void what_was_heard_before_a_reset_counts_no_more(void)
{
    static struct sound sound;
    struct rb_inband ear;
    sound.size = 0;
    tone(&sound, (struct press){'5', 60, -10, -10, 0});
    rb_inband_reset(&ear);
    CHECK_EQUAL(rb_inband_hear(&ear, sound.samples, 30 * MS), 0);
    rb_inband_reset(&ear);
    CHECK_EQUAL(rb_inband_hear(&ear, sound.samples, 30 * MS), 0);
    CHECK_EQUAL(rb_inband_hear(&ear, sound.samples + 30 * MS, 30 * MS), '5');
}

int main(void)
{
    RUN(every_digit_is_heard_at_every_level);
    RUN(what_is_too_quiet_is_none);
    RUN(a_press_of_40_ms_is_taken_and_one_of_23_is_not);
    RUN(frequencies_may_be_off_by_one_and_a_half_percent_and_not_by_three_and_a_half);
    RUN(one_tone_may_be_weaker_within_the_twist);
    RUN(noise_of_15_db_below_hides_no_digit);
    RUN(noise_makes_no_gap_in_a_long_press);
    RUN(digits_40_ms_apart_are_all_told);
    RUN(a_gap_of_10_ms_makes_no_second_press);
    RUN(a_lost_packet_makes_no_second_press);
    RUN(one_tone_alone_is_none);
    RUN(tones_with_harmonics_are_a_voice);
    RUN(noise_alone_is_none);
    RUN(what_was_heard_before_a_reset_counts_no_more);
    return check_report();
}
