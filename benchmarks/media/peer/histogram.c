#include "histogram.h"

#include <string.h>

void histogram_clear(struct histogram *histogram)
{
    memset(histogram, 0, sizeof *histogram);
}

void histogram_add(struct histogram *histogram, int64_t ns)
{
    if (ns < 0)
        ns = -ns;
    if (ns > histogram->longest_ns)
        histogram->longest_ns = ns;
    int64_t bin = ns / 1000;
    histogram->bins[bin < HISTOGRAM_BINS ? bin : HISTOGRAM_BINS]++;
    histogram->count++;
}

uint32_t histogram_quantile(const struct histogram *histogram, double share)
{
    uint64_t wanted = (uint64_t)(share * (double)histogram->count), seen = 0;
    for (uint32_t bin = 0; bin <= HISTOGRAM_BINS && histogram->count; bin++) {
        seen += histogram->bins[bin];
        if (seen > wanted || seen == histogram->count)
            return bin;
    }
    return 0;
}
