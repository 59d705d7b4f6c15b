/* What a C test checks with.
 *
 *     static void an_empty_packet_is_malformed(void)
 *     {
 *         CHECK(rb_rtp_parse(...) != 0);
 *         CHECK_EQUAL(packet.sequence, 7);
 *     }
 *
 *     int main(void)
 *     {
 *         RUN(an_empty_packet_is_malformed);
 *         return check_report();
 *     }
 *
 * A check that fails is printed with its place, and its situation goes on; `check_report` tells how many failed, and is
 * what main returns. Checks may be made in any thread.
 */
#ifndef RB_TESTS_CHECK_H
#define RB_TESTS_CHECK_H

#include <inttypes.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static atomic_int check_failures;
static const char *check_situation = "main";

#define CHECK_FAILED(...)                                                            \
    do {                                                                             \
        atomic_fetch_add(&check_failures, 1);                                        \
        fprintf(stderr, "%s:%d: %s: ", __FILE__, __LINE__, check_situation);         \
        fprintf(stderr, __VA_ARGS__);                                                \
        fputc('\n', stderr);                                                         \
    } while (0)

/* A condition that must hold. */
#define CHECK(condition)                                                             \
    do {                                                                             \
        if (!(condition))                                                            \
            CHECK_FAILED("%s", #condition);                                          \
    } while (0)

/* Two whole numbers that must be the same. */
#define CHECK_EQUAL(actual, expected)                                                \
    do {                                                                             \
        int64_t check_actual = (int64_t)(actual), check_expected = (int64_t)(expected); \
        if (check_actual != check_expected)                                          \
            CHECK_FAILED("%s is %" PRId64 ", not %" PRId64, #actual, check_actual,   \
                         check_expected);                                            \
    } while (0)

/* `size` bytes that must be the same. */
#define CHECK_BYTES(actual, expected, size)                                          \
    do {                                                                             \
        const uint8_t *check_actual = (const void *)(actual);                        \
        const uint8_t *check_expected = (const void *)(expected);                    \
        size_t check_size = (size), check_at = 0;                                    \
        while (check_at < check_size && check_actual[check_at] == check_expected[check_at]) \
            check_at++;                                                              \
        if (check_at < check_size)                                                   \
            CHECK_FAILED("%s[%zu] is 0x%02x, not 0x%02x", #actual, check_at,         \
                         check_actual[check_at], check_expected[check_at]);          \
    } while (0)

/* Runs a situation: a function that takes and gives nothing. */
#define RUN(situation)                                                               \
    do {                                                                             \
        check_situation = #situation;                                                \
        situation();                                                                 \
    } while (0)

static inline int check_report(void)
{
    int failed = atomic_load(&check_failures);
    if (failed)
        fprintf(stderr, "%d checks failed\n", failed);
    return failed != 0;
}

#endif
