#include "inband.h"

#include <math.h>
#include <string.h>

#define RATE 8000.0f
#define TURN 6.28318531f
#define LOWS 4 /* tones 0..3 are the low group, 4..7 the high one */

/* Mean square of a tone of -31 dBm0 in 16-bit samples (0 dBm0 is a sine with a peak of 22300, ITU-T G.711): what is
 * quieter is an echo or another line. */
#define QUIETEST 198000.0f
/* What two pure tones must make of all there is: speech has more in it, and a press of 23 ms fills less of the window.
 * Noise 15 dB below leaves 0.97. */
#define PURE 0.85f
/* Where a window with a digit cannot be below, whatever the frequencies are off: most of speech ends here. */
#define LIKELY 0.12f
/* Between what must be taken (1.5 %) and what must not (3.5 %). */
#define OFF 0.025f
/* The high tone over the low one, and the low over the high: 4 and 8 dB with 1 dB to spare. */
#define HIGH_OVER_LOW 3.16f
#define LOW_OVER_HIGH 7.94f
/* The second harmonic over its tone, -17 dB: a voice has it, a telephone has not. */
#define HARMONIC 0.02f
/* Pieces without it that end a press: a gap of 10 ms costs 40 ms of windows, one of 40 ms costs 65 ms. */
#define ENDED 10

static const struct {
    float hertz;
    float cosine, sine;    /* of the turn in one sample */
    struct rb_phasor back; /* the turn in one piece, backwards */
} TONES[RB_INBAND_TONES] = {
    {697.0f, 0.853868905f, 0.520488130f, {-0.995561965f, -0.094108313f}},
    {770.0f, 0.822640518f, 0.568561851f, {0.587785252f, 0.809016994f}},
    {852.0f, 0.784343492f, 0.620326758f, {-0.062790520f, -0.998026728f}},
    {941.0f, 0.739102284f, 0.673593211f, {-0.278991106f, 0.960293686f}},
    {1209.0f, 0.582052012f, 0.813151558f, {0.960293686f, -0.278991106f}},
    {1336.0f, 0.498185105f, 0.867070701f, {-0.425779292f, 0.904827052f}},
    {1477.0f, 0.399309195f, 0.916816321f, {-0.750111070f, -0.661311865f}},
    {1633.0f, 0.284266353f, 0.958745347f, {0.509041416f, -0.860742027f}},
};

static const char KEYS[LOWS][5] = {"123A", "456B", "789C", "*0#D"};

static struct rb_phasor times(struct rb_phasor a, struct rb_phasor b)
{
    return (struct rb_phasor){a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re};
}

static struct rb_phasor turned(float angle)
{
    return (struct rb_phasor){cosf(angle), sinf(angle)};
}

static float square(struct rb_phasor a)
{
    return a.re * a.re + a.im * a.im;
}

void rb_inband_reset(struct rb_inband *ear)
{
    memset(ear, 0, sizeof *ear);
}

/* Goertzel's algorithm: how much of each tone a piece has, as a phasor at its last sample. */
static void analyse(struct rb_inband *ear, unsigned piece)
{
    const int16_t *samples = ear->samples + piece * RB_INBAND_PIECE;
    float one[RB_INBAND_TONES] = {0}, two[RB_INBAND_TONES] = {0}, energy = 0.0f;
    for (unsigned n = 0; n < RB_INBAND_PIECE; n++)
        energy += (float)samples[n] * (float)samples[n];
    ear->energy[piece] = energy;
    for (unsigned n = 0; n < RB_INBAND_PIECE && energy > 0.0f; n++)
        for (unsigned t = 0; t < RB_INBAND_TONES; t++) {
            float zero = (float)samples[n] + 2.0f * TONES[t].cosine * one[t] - two[t];
            two[t] = one[t];
            one[t] = zero;
        }
    for (unsigned t = 0; t < RB_INBAND_TONES; t++)
        ear->tones[piece][t] = (struct rb_phasor){one[t] - TONES[t].cosine * two[t], TONES[t].sine * two[t]};
}

/* The window's phasor of a tone whose turn in a piece is `back`, from the phasors of its pieces. */
static struct rb_phasor joined(const struct rb_inband *ear, unsigned tone, struct rb_phasor back)
{
    struct rb_phasor sum = {0.0f, 0.0f};
    for (unsigned i = RB_INBAND_PIECES; i-- > 0;) { /* the latest first: sum = piece + back * (what follows it) */
        struct rb_phasor piece = ear->tones[(ear->next + i) % RB_INBAND_PIECES][tone];
        sum = times(sum, back);
        sum = (struct rb_phasor){sum.re + piece.re, sum.im + piece.im};
    }
    return sum;
}

/* The strongest tone of a group, and its strength. */
static unsigned strongest(const struct rb_inband *ear, unsigned first, float *strength)
{
    unsigned best = first;
    *strength = 0.0f;
    for (unsigned t = first; t < first + LOWS; t++) {
        float found = square(joined(ear, t, TONES[t].back));
        if (found > *strength) {
            *strength = found;
            best = t;
        }
    }
    return best;
}

/* Where a tone really is, in Hz: the peak of its spectrum within +-4 %; 0 where that lies beyond what is taken. */
static float frequency(const struct rb_inband *ear, unsigned tone)
{
    enum { STEPS = 13, MIDDLE = STEPS / 2 };
    float step = TONES[tone].hertz * 0.04f / MIDDLE, found[STEPS], off;
    unsigned best = 0;
    for (unsigned i = 0; i < STEPS; i++) {
        float angle = -TURN * step * ((float)i - MIDDLE) * RB_INBAND_PIECE / RATE;
        found[i] = square(joined(ear, tone, times(TONES[tone].back, turned(angle))));
        if (found[i] > found[best])
            best = i;
    }
    if (best == 0 || best == STEPS - 1)
        return 0.0f;
    off = (float)best - MIDDLE + /* the top of the parabola through three points */
          0.5f * (found[best - 1] - found[best + 1]) / (found[best - 1] - 2.0f * found[best] + found[best + 1]);
    return fabsf(off * step) <= OFF * TONES[tone].hertz ? TONES[tone].hertz + off * step : 0.0f;
}

/* Twice the mean product of the samples with a sine and a cosine: the tone that fits best. */
static struct rb_phasor fitted(const float *samples, float hertz)
{
    struct rb_phasor at = {1.0f, 0.0f}, turn = turned(TURN * hertz / RATE), sum = {0.0f, 0.0f};
    for (unsigned n = 0; n < RB_INBAND_WINDOW; n++) {
        sum.re += samples[n] * at.re;
        sum.im += samples[n] * at.im;
        at = times(at, turn);
    }
    return (struct rb_phasor){sum.re * 2.0f / RB_INBAND_WINDOW, sum.im * 2.0f / RB_INBAND_WINDOW};
}

static void take_away(float *samples, float hertz, struct rb_phasor tone)
{
    struct rb_phasor at = {1.0f, 0.0f}, turn = turned(TURN * hertz / RATE);
    for (unsigned n = 0; n < RB_INBAND_WINDOW; n++) {
        samples[n] -= tone.re * at.re + tone.im * at.im;
        at = times(at, turn);
    }
}

/* Whether a window is two tones of these frequencies, in their proportion, and nothing else to speak of. */
static int is_pure(const struct rb_inband *ear, float low, float high, float energy)
{
    float rest[RB_INBAND_WINDOW], remaining = 0.0f, lows, highs;
    struct rb_phasor low_tone = {0.0f, 0.0f}, high_tone = {0.0f, 0.0f}, more;
    for (unsigned n = 0; n < RB_INBAND_WINDOW; n++)
        rest[n] = ear->samples[(ear->next * RB_INBAND_PIECE + n) % RB_INBAND_WINDOW];
    for (int again = 0; again < 2; again++) { /* each fits better once the other is gone */
        more = fitted(rest, low);
        take_away(rest, low, more);
        low_tone = (struct rb_phasor){low_tone.re + more.re, low_tone.im + more.im};
        more = fitted(rest, high);
        take_away(rest, high, more);
        high_tone = (struct rb_phasor){high_tone.re + more.re, high_tone.im + more.im};
    }
    for (unsigned n = 0; n < RB_INBAND_WINDOW; n++)
        remaining += rest[n] * rest[n];
    lows = square(low_tone) / 2.0f;
    highs = square(high_tone) / 2.0f;
    return remaining <= (1.0f - PURE) * energy && lows >= QUIETEST && highs >= QUIETEST &&
           highs <= HIGH_OVER_LOW * lows && lows <= LOW_OVER_HIGH * highs &&
           square(fitted(rest, 2.0f * low)) <= HARMONIC * square(low_tone) &&
           square(fitted(rest, 2.0f * high)) <= HARMONIC * square(high_tone);
}

/* The digit that the window has from end to end; 0 where it has none. */
static char look(const struct rb_inband *ear)
{
    float energy = 0.0f, lows, highs, low, high;
    unsigned row, column;
    for (unsigned i = 0; i < RB_INBAND_PIECES; i++)
        energy += ear->energy[i];
    if (energy < 2.0f * QUIETEST * RB_INBAND_WINDOW)
        return 0;
    row = strongest(ear, 0, &lows);
    column = strongest(ear, LOWS, &highs);
    if ((lows + highs) * 2.0f / RB_INBAND_WINDOW < LIKELY * energy)
        return 0;
    low = frequency(ear, row);
    high = frequency(ear, column);
    if (low == 0.0f || high == 0.0f || !is_pure(ear, low, high, energy))
        return 0;
    return KEYS[row][column - LOWS];
}

/* A piece is full: give the digit if it makes a press known. */
static char judge(struct rb_inband *ear)
{
    char now = look(ear), before = ear->seen; /* two windows in a row: 35 ms of it */
    ear->seen = now;
    if (ear->told != 0) {
        ear->missing = now == ear->told ? 0 : ear->missing + 1;
        if (ear->missing == ENDED) {
            ear->told = 0;
            ear->seen = 0; /* so that two presses are told more than 60 ms apart */
        }
        return 0;
    }
    if (now == 0 || now != before)
        return 0;
    ear->told = now;
    ear->missing = 0;
    return now;
}

char rb_inband_hear(struct rb_inband *ear, const int16_t *samples, size_t count)
{
    char told = 0;
    for (size_t n = 0; n < count; n++) {
        char digit;
        ear->samples[ear->next * RB_INBAND_PIECE + ear->filled++] = samples[n];
        if (ear->filled < RB_INBAND_PIECE)
            continue;
        analyse(ear, ear->next);
        ear->next = (ear->next + 1) % RB_INBAND_PIECES;
        ear->filled = 0;
        if ((digit = judge(ear)) != 0)
            told = digit;
    }
    return told;
}
