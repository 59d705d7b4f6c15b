/* A whole media thread over real sockets: for the sanitizers above all; what it does is in tests/contract. */
#include <arpa/inet.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "check.h"
#include "engine.h"
#include "g711.h"
#include "prompt.h"
#include "rtp.h"

enum { LEGS = 40, PATIENCE_MS = 20000 };

static struct rb_engine *engine;
static uint32_t told[RB_LEG_CLOSED + 1];

/* A far end: a socket, and where the leg that speaks to it hears. */
struct far {
    int socket;
    struct sockaddr_in address, leg;
    uint16_t sequence;
};

static int bound(struct sockaddr_in *address)
{
    int opened = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    socklen_t size = sizeof *address;
    *address = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    CHECK(bind(opened, (struct sockaddr *)address, size) == 0);
    CHECK(getsockname(opened, (struct sockaddr *)address, &size) == 0);
    return opened;
}

static void post(struct rb_command command)
{
    CHECK(rb_commands_post(&engine->commands, &command, 1));
}

static struct far open_leg(uint32_t number, enum rb_codec codec)
{
    struct far far = {.sequence = 1};
    struct sockaddr_in reports;
    far.socket = bound(&far.address);
    struct rb_command command = {.kind = RB_OPEN, .number = number};
    command.open.rtp = bound(&far.leg);
    command.open.rtcp = bound(&reports);
    post(command);
    command = (struct rb_command){.kind = RB_CONNECT, .number = number};
    command.remote = (struct rb_remote){.address = far.address, .codec = codec, .payload_type = (uint8_t)codec,
                                        .event_payload_type = 101, .packet_ms = 20, .send = true};
    post(command);
    return far;
}

static void say(struct far *far, uint8_t payload_type, const char *payload, size_t size)
{
    uint8_t packet[RB_RTP_HEADER + 160];
    const struct rb_rtp header = {.payload_type = payload_type, .sequence = far->sequence, .ssrc = 7,
                                  .timestamp = 160u * far->sequence};
    far->sequence++;
    rb_rtp_write(packet, &header);
    memcpy(packet + RB_RTP_HEADER, payload, size);
    CHECK(sendto(far->socket, packet, RB_RTP_HEADER + size, 0, (struct sockaddr *)&far->leg, sizeof far->leg) > 0);
}

/* Waits until so many events of a kind were told since the start. */
static void wait_for(enum rb_event_kind kind, uint32_t count)
{
    struct rb_event events[32];
    while (told[kind] < count) {
        struct pollfd ready = {.fd = engine->events.wake, .events = POLLIN};
        if (poll(&ready, 1, PATIENCE_MS) != 1) {
            CHECK_FAILED("event %d was told %u times, not %u", kind, told[kind], count);
            return;
        }
        size_t taken = rb_engine_take(engine, events, 32);
        for (size_t at = 0; at < taken; at++) {
            told[events[at].kind]++;
            if (events[at].kind == RB_LEG_CLOSED)
                free(events[at].statistics);
        }
    }
}

/* Waits until a far end hears an octet of audio. */
static void hear(const struct far *far, uint8_t octet)
{
    uint8_t packet[RB_RTP_MAX];
    for (;;) {
        struct pollfd ready = {.fd = far->socket, .events = POLLIN};
        if (poll(&ready, 1, PATIENCE_MS) != 1) {
            CHECK_FAILED("octet 0x%02x was never heard", octet);
            return;
        }
        ssize_t size = recv(far->socket, packet, sizeof packet, 0);
        if (size == RB_RTP_HEADER + 160 && packet[RB_RTP_HEADER] == octet)
            return;
    }
}

static void begin(void)
{
    memset(told, 0, sizeof told);
    rb_g711_init();
    engine = rb_engine_new();
    CHECK(engine != NULL);
    CHECK_EQUAL(rb_engine_start(engine), 0);
}

static void register_prompt(uint32_t number, uint8_t octet)
{
    uint8_t octets[320];
    memset(octets, octet, sizeof octets);
    const struct rb_encoding encodings[RB_CODECS] = {{octets, sizeof octets}};
    post((struct rb_command){.kind = RB_REGISTER, .number = number, .prompt = rb_prompt_new(encodings)});
}

static void legs_play_hear_and_relay_at_once(void)
{
    struct far fars[LEGS];
    begin();
    register_prompt(1, 'p');
    for (uint32_t number = 0; number < LEGS; number++) {
        fars[number] = open_leg(number, number % 2 ? RB_PCMA : RB_PCMU);
        post((struct rb_command){.kind = RB_PLAY, .number = number, .play = {number, 1, 1}});
    }
    post((struct rb_command){.kind = RB_FORGET, .number = 1});
    wait_for(RB_PLAY_DONE, LEGS);
    for (uint32_t number = 0; number < LEGS; number++)
        say(&fars[number], 101, "\x05\x8a\x03\x20", 4);
    wait_for(RB_DIGIT, LEGS);
    CHECK_EQUAL(told[RB_LATCHED], LEGS);
    char said[160];
    memset(said, 'r', sizeof said);
    for (uint32_t number = 0; number < LEGS; number += 2) {
        post((struct rb_command){.kind = RB_BRIDGE, .number = number, .other = number + 1});
        say(&fars[number], RB_PCMU, said, sizeof said);
        hear(&fars[number + 1], rb_pcmu_to_pcma['r']);
    }
    for (uint32_t number = 0; number < LEGS; number++) {
        post((struct rb_command){.kind = RB_CLOSE, .number = number});
        close(fars[number].socket);
    }
    wait_for(RB_LEG_CLOSED, LEGS);
    rb_engine_free(engine);
}

static void an_engine_that_stops_closes_what_is_open_and_tells_it(void)
{
    struct rb_event events[64];
    struct far fars[LEGS];
    begin();
    register_prompt(1, 'p');
    for (uint32_t number = 0; number < LEGS; number++) {
        fars[number] = open_leg(number, RB_PCMU);
        post((struct rb_command){.kind = RB_PLAY, .number = number, .play = {number, 1, 0}});
    }
    rb_engine_stop(engine);
    uint32_t closed = 0;
    size_t taken = rb_engine_take(engine, events, 64);
    for (size_t at = 0; at < taken; at++) {
        if (events[at].kind == RB_LEG_CLOSED) {
            free(events[at].statistics);
            closed++;
        }
    }
    CHECK_EQUAL(closed, LEGS);
    for (uint32_t number = 0; number < LEGS; number++)
        close(fars[number].socket);
    rb_engine_free(engine);
}

static void what_was_posted_before_a_start_that_never_came_is_let_go(void)
{
    struct sockaddr_in address;
    engine = rb_engine_new();
    CHECK(engine != NULL);
    register_prompt(1, 'p');
    struct rb_command command = {.kind = RB_OPEN, .number = 1};
    command.open.rtp = bound(&address);
    command.open.rtcp = bound(&address);
    post(command);
    rb_engine_free(engine);
}

static void legs_come_and_go_without_a_trace(void)
{
    begin();
    int before = dup(0);
    close(before);
    for (uint32_t turn = 0; turn < 500; turn++) {
        struct far far = open_leg(turn, RB_PCMU);
        post((struct rb_command){.kind = RB_CLOSE, .number = turn});
        close(far.socket);
        wait_for(RB_LEG_CLOSED, turn + 1);
    }
    int after = dup(0);
    close(after);
    CHECK_EQUAL(after, before);
    CHECK_EQUAL(engine->legs.count, 0);
    rb_engine_free(engine);
}

int main(void)
{
    RUN(legs_play_hear_and_relay_at_once);
    RUN(an_engine_that_stops_closes_what_is_open_and_tells_it);
    RUN(what_was_posted_before_a_start_that_never_came_is_let_go);
    RUN(legs_come_and_go_without_a_trace);
    return check_report();
}
