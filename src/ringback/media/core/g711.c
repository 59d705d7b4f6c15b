#include "g711.h"

#include <stdlib.h>

#define SIGN 0x80
#define STEPS 128           /* magnitudes of a law: 8 segments of 16 */
#define PCMU_INVERTED 0x7F  /* every magnitude bit of the mu-law is sent inverted, */
#define PCMA_INVERTED 0x55  /* every second bit of the A-law */

int16_t rb_pcmu_linear[256];
int16_t rb_pcma_linear[256];
uint8_t rb_pcmu_to_pcma[256];
uint8_t rb_pcma_to_pcmu[256];

/* Decodes step 0..127 of the mu-law as 0..32124 (ITU-T G.711, table 2, to 16 bits). */
static int pcmu_magnitude(int step)
{
    return (((step % 16 << 3) + 0x84) << step / 16) - 0x84;
}

/* Decodes step 0..127 of the A-law as 8..32256 (ITU-T G.711, table 1, to 16 bits). */
static int pcma_magnitude(int step)
{
    int segment = step / 16, within = step % 16;
    return segment == 0 ? (within << 4) + 8 : ((within << 4) + 0x108) << (segment - 1);
}

/* Gives the step whose magnitude is nearest; the lower of two equally near. */
static int nearest(int (*magnitude)(int), int wanted)
{
    int found = 0;
    for (int step = 1; step < STEPS; step++)
        if (abs(magnitude(step) - wanted) < abs(magnitude(found) - wanted))
            found = step;
    return found;
}

void rb_g711_init(void)
{
    for (int byte = 0; byte < 256; byte++) {
        int pcmu = pcmu_magnitude((byte ^ PCMU_INVERTED) & 0x7F), pcma = pcma_magnitude((byte ^ PCMA_INVERTED) & 0x7F);
        int sign = byte & SIGN;
        rb_pcmu_linear[byte] = (int16_t)(sign ? pcmu : -pcmu);
        rb_pcma_linear[byte] = (int16_t)(sign ? pcma : -pcma);
        rb_pcmu_to_pcma[byte] = (uint8_t)(sign | ((nearest(pcma_magnitude, pcmu) ^ PCMA_INVERTED) & 0x7F));
        rb_pcma_to_pcmu[byte] = (uint8_t)(sign | ((nearest(pcmu_magnitude, pcma) ^ PCMU_INVERTED) & 0x7F));
    }
}
