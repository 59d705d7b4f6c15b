#include "telephone_event.h"

#include "bytes.h"

#define DIGITS 16
#define PRESS 800          /* samples: 100 ms */
#define PAUSE 800          /* samples between two digits */
#define LOST_END 200000000 /* ns; RFC 4733, section 2.6.1: at least 3 packets' time */
#define END_BIT 0x80
#define VOLUME 10 /* -10 dBm0 */
#define ENDS 3
#define LONGEST 0xFFFF

static const char digit_of[DIGITS + 1] = "0123456789*#ABCD"; /* by event code (section 3.2) */

void rb_digit_sender_press(struct rb_digit_sender *sender, char digit)
{
    if (digit >= 'a' && digit <= 'd')
        digit = (char)(digit - 'a' + 'A');
    const char *found = digit ? strchr(digit_of, digit) : NULL;
    if (!found || sender->count == RB_PENDING)
        return;
    sender->pending[(sender->first + sender->count) % RB_PENDING] = (uint8_t)(found - digit_of);
    sender->count++;
}

bool rb_digit_sender_busy(const struct rb_digit_sender *sender)
{
    return sender->sends || sender->count > 0;
}

bool rb_digit_sender_next(struct rb_digit_sender *sender, uint32_t samples, struct rb_event_payload *payload)
{
    if (!sender->sends) {
        if (sender->count == 0)
            return false;
        sender->event = sender->pending[sender->first];
        sender->first = (uint16_t)((sender->first + 1) % RB_PENDING);
        sender->count--;
        sender->elapsed = sender->ends = 0;
        sender->sends = true;
    }
    payload->elapsed = sender->elapsed;
    payload->marker = sender->elapsed == 0;
    sender->elapsed += samples;
    if (sender->ends == ENDS) {
        sender->sends = sender->elapsed < PRESS + PAUSE;
        return false;
    }
    uint32_t duration = sender->elapsed < PRESS ? sender->elapsed : PRESS;
    bool ends = duration == PRESS;
    sender->ends = (uint8_t)(sender->ends + ends);
    struct rb_room room = rb_room(payload->bytes, RB_EVENT_BLOCK);
    rb_put_u8(&room, sender->event);
    rb_put_u8(&room, ends ? VOLUME | END_BIT : VOLUME);
    rb_put_u16(&room, (uint16_t)duration);
    return true;
}

static void remember(struct rb_digit_receiver *receiver, uint32_t timestamp)
{
    receiver->told[receiver->told_next] = timestamp;
    receiver->told_next = (uint8_t)((receiver->told_next + 1) % RB_TOLD);
    if (receiver->told_count < RB_TOLD)
        receiver->told_count++;
}

static bool was_told(const struct rb_digit_receiver *receiver, uint32_t timestamp)
{
    for (uint8_t index = 0; index < receiver->told_count; index++)
        if (receiver->told[index] == timestamp)
            return true;
    return false;
}

static char finish(struct rb_digit_receiver *receiver)
{
    if (!receiver->hears)
        return 0;
    receiver->hears = false;
    remember(receiver, receiver->timestamp);
    return digit_of[receiver->event];
}

size_t rb_digit_receiver_take(struct rb_digit_receiver *receiver, const uint8_t *payload, size_t size,
                              uint32_t timestamp, int64_t now_ns, char digits[RB_DIGITS_TOLD])
{
    struct rb_span span = rb_span(payload, size);
    uint8_t event = rb_u8(&span), flags = rb_u8(&span);
    rb_u16(&span);
    if (span.overrun || event >= DIGITS || was_told(receiver, timestamp))
        return 0;
    size_t count = 0;
    if (receiver->hears && timestamp != receiver->timestamp) {
        uint32_t step = timestamp - receiver->timestamp;
        if (event == receiver->event && step == LONGEST) {
            remember(receiver, receiver->timestamp); /* a press longer than 8 s goes on (section 2.5.1.3) */
        } else if (step >= 1u << 31) {
            remember(receiver, timestamp); /* an earlier press of which nothing else came through */
            digits[0] = digit_of[event];
            return 1;
        } else {
            digits[count++] = finish(receiver);
        }
    }
    receiver->hears = true;
    receiver->timestamp = timestamp;
    receiver->event = event;
    receiver->last_packet_ns = now_ns;
    if (flags & END_BIT)
        digits[count++] = finish(receiver);
    return count;
}

char rb_digit_receiver_expire(struct rb_digit_receiver *receiver, int64_t now_ns)
{
    if (!receiver->hears || now_ns - receiver->last_packet_ns < LOST_END)
        return 0;
    return finish(receiver);
}

char rb_digit_receiver_restart(struct rb_digit_receiver *receiver)
{
    char digit = finish(receiver);
    receiver->told_count = receiver->told_next = 0;
    return digit;
}
