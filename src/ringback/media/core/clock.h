/* The clocks of the machine, in nanoseconds. */
#ifndef RB_CLOCK_H
#define RB_CLOCK_H

#include <stdint.h>
#include <time.h>

#define RB_MS ((int64_t)1000000)
#define RB_SECOND (1000 * RB_MS)

static inline int64_t rb_ns(struct timespec time)
{
    return time.tv_sec * RB_SECOND + time.tv_nsec;
}

static inline int64_t rb_read_clock(clockid_t clock)
{
    struct timespec time;
    clock_gettime(clock, &time);
    return rb_ns(time);
}

/* CLOCK_MONOTONIC: what every time in the engine is. */
static inline int64_t rb_now(void)
{
    return rb_read_clock(CLOCK_MONOTONIC);
}

#endif
