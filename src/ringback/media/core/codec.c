#include "codec.h"

#include "g711.h"

const uint8_t *rb_codec_table(enum rb_codec from, enum rb_codec to)
{
    if (from == RB_PCMU && to == RB_PCMA)
        return rb_pcmu_to_pcma;
    if (from == RB_PCMA && to == RB_PCMU)
        return rb_pcma_to_pcmu;
    return NULL;
}

void rb_codec_convert(const uint8_t table[256], const uint8_t *from, uint8_t *to, size_t count)
{
    for (size_t at = 0; at < count; at++)
        to[at] = table[from[at]];
}
