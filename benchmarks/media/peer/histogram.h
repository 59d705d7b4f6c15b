/* How often durations of a length were seen. */
#ifndef HISTOGRAM_H
#define HISTOGRAM_H

#include <stdint.h>

enum { HISTOGRAM_BINS = 100000 };

/* Bins of one microsecond, up to 100 ms; the last one holds all that is longer. */
struct histogram {
    uint32_t bins[HISTOGRAM_BINS + 1];
    uint64_t count;
    int64_t longest_ns;
};

void histogram_clear(struct histogram *histogram);

/* `ns`: taken without its sign. */
void histogram_add(struct histogram *histogram, int64_t ns);

/* Microseconds that `share` (0..1) of the durations do not exceed; 0 where there is none. */
uint32_t histogram_quantile(const struct histogram *histogram, double share);

#endif
