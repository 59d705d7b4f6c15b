/* Prints the digits that are heard in what is read: linear samples at 8 kHz, 16 bits, of this machine's byte order. */
#include <stdio.h>

#include "inband.h"

int main(void)
{
    static struct rb_inband ear;
    int16_t samples[160];
    size_t count;
    while ((count = fread(samples, sizeof samples[0], 160, stdin)) > 0) {
        char digit = rb_inband_hear(&ear, samples, count);
        if (digit)
            putchar(digit);
    }
    return 0;
}
