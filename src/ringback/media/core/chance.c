#include "chance.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

void rb_chance_fill(void *bytes, size_t count)
{
    uint8_t *at = bytes;
    while (count) {
        ssize_t filled = getrandom(at, count, 0);
        if (filled < 0 && errno != EINTR)
            abort(); /* there is no Linux without it since 3.17 */
        if (filled > 0) {
            at += filled;
            count -= (size_t)filled;
        }
    }
}

int64_t rb_chance_between(uint64_t *state, int64_t low, int64_t high)
{
    *state ^= *state << 13; /* xorshift64 */
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return low + (int64_t)(*state % (uint64_t)(high - low + 1));
}
