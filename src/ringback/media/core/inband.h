/* Digits in the audio: DTMF tones (ITU-T Q.23) heard by the criteria of ITU-T Q.24.
 *
 *             1209   1336   1477   1633 Hz      taken: 40 ms and more, +-1.5 %, the high tone -8..+4 dB of the low one,
 *     697 Hz    1      2      3      A                 each -27..0 dBm0, 15 dB over noise, 40 ms apart
 *     770 Hz    4      5      6      B          left:  less than 23 ms, +-3.5 % and more, speech, tones with harmonics
 *     852 Hz    7      8      9      C
 *     941 Hz    *      0      #      D
 */
#ifndef RB_INBAND_H
#define RB_INBAND_H

#include <stddef.h>
#include <stdint.h>

/* What is looked at is 30 ms long and moves on by pieces of 5 ms. */
#define RB_INBAND_PIECE 40
#define RB_INBAND_PIECES 6
#define RB_INBAND_WINDOW (RB_INBAND_PIECE * RB_INBAND_PIECES)
#define RB_INBAND_TONES 8

struct rb_phasor {
    float re, im;
};

/* One ear; about 900 bytes. All zeros is a fresh one. */
struct rb_inband {
    int16_t samples[RB_INBAND_WINDOW]; /* the latest, piece by piece; the oldest piece is `next` */
    struct rb_phasor tones[RB_INBAND_PIECES][RB_INBAND_TONES]; /* what each piece has of each tone */
    float energy[RB_INBAND_PIECES];    /* sum of squares of each piece */
    unsigned next;                     /* the piece that is being filled */
    unsigned filled;                   /* its samples so far */
    char seen;                         /* a digit that the last window had; 0 for none */
    char told;                         /* the digit that was told and has not ended; 0 for none */
    unsigned missing;                  /* pieces since the window last had it */
};

/* Forget everything: the samples to come do not go on from the last ones. */
void rb_inband_reset(struct rb_inband *ear);

/* Hear at most 60 ms of linear samples at 8 kHz. Gives the digit (0-9, A-D, * or #) once for every press, 35 to 40 ms after it
 * began; else 0. Lost audio is left out, not filled with silence: a press goes on over a gap of 20 ms. */
char rb_inband_hear(struct rb_inband *ear, const int16_t *samples, size_t count);

#endif
