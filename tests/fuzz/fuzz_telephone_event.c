/* Any row of packets to the receiver of digits, and any keys to their sender, whose payloads go to another receiver. */
#include <string.h>

#include "bytes.h"
#include "fuzz.h"
#include "telephone_event.h"

static void must_be_a_digit(char digit)
{
    MUST(digit != 0 && strchr("0123456789*#ABCD", digit) != NULL);
}

/* A step of the input: what (one byte), then what it needs. */
enum step { TAKE, EXPIRE, RESTART, STEPS };

static void hear(const uint8_t *data, size_t size)
{
    struct rb_digit_receiver receiver;
    struct rb_span input = rb_span(data, size);
    int64_t now_ns = 1;
    memset(&receiver, 0, sizeof receiver);
    while (rb_left(&input) > 0) {
        enum step step = rb_u8(&input) % STEPS;
        char digits[RB_DIGITS_TOLD] = {0};
        size_t told = 0;
        now_ns += rb_u8(&input) * 4000000LL;
        if (step == TAKE) {
            uint32_t timestamp = rb_u32(&input);
            size_t length = rb_u8(&input) % 8;
            const uint8_t *payload = rb_take(&input, length);
            if (payload == NULL)
                break;
            told = rb_digit_receiver_take(&receiver, payload, length, timestamp, now_ns, digits);
        } else {
            digits[0] = step == EXPIRE ? rb_digit_receiver_expire(&receiver, now_ns) : rb_digit_receiver_restart(&receiver);
            told = digits[0] != 0;
        }
        MUST(told <= RB_DIGITS_TOLD);
        for (size_t at = 0; at < told; at++)
            must_be_a_digit(digits[at]);
    }
}

/* Every digit that the sender takes is heard once, in order, when no packet is lost. */
static void press(const uint8_t *data, size_t size)
{
    static struct rb_digit_sender sender;
    struct rb_digit_receiver receiver;
    char taken[RB_PENDING], heard[RB_PENDING + RB_DIGITS_TOLD];
    size_t keys = 0, count = 0;
    memset(&sender, 0, sizeof sender);
    memset(&receiver, 0, sizeof receiver);
    for (size_t at = 0; at < size; at++) {
        rb_digit_sender_press(&sender, (char)data[at]);
        if (data[at] && strchr("0123456789*#ABCDabcd", data[at]) && keys < RB_PENDING)
            taken[keys++] = (char)(data[at] >= 'a' ? data[at] - 32 : data[at]);
    }
    uint32_t timestamp = 0;
    for (int64_t now_ns = 1; rb_digit_sender_busy(&sender); now_ns += 20000000, timestamp += 160) {
        struct rb_event_payload payload;
        if (!rb_digit_sender_next(&sender, 160, &payload))
            continue;
        MUST(count <= RB_PENDING);
        count += rb_digit_receiver_take(&receiver, payload.bytes, RB_EVENT_BLOCK, timestamp - payload.elapsed, now_ns,
                                        heard + count);
    }
    MUST(count == keys);
    MUST(memcmp(taken, heard, count) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 0 && data[0] % 2)
        press(data + 1, size - 1);
    else if (size > 0)
        hear(data + 1, size - 1);
    return 0;
}
