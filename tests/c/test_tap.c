#include "tap.h"

#include <arpa/inet.h>
#include <time.h>

#include "rtp.h"
#include "written.h"

#define RECORD 20
#define SECOND 1000000000LL

static struct sockaddr_in peer_at(const char *host, uint16_t port)
{
    struct sockaddr_in peer = {.sin_family = AF_INET, .sin_port = htons(port)};
    inet_pton(AF_INET, host, &peer.sin_addr);
    return peer;
}

static uint64_t little(const uint8_t *bytes, int size)
{
    uint64_t number = 0;
    while (size--)
        number = number << 8 | bytes[size];
    return number;
}

/* What a tap of a single packet holds after the file's header; to be freed. */
static uint8_t *record_of(int keep_payload, const uint8_t *rtp, size_t size, long *length)
{
    struct rb_writer *writer = rb_writer_new(RB_BLOCK_BYTES);
    struct outcome outcome = {0};
    struct sockaddr_in peer = peer_at("192.0.2.17", 40002);
    struct rb_tap *tap = rb_tap_open(writer, in_folder("tap"), keep_payload, outcome_done, &outcome);
    rb_tap_packet(tap, 0x1122334455667788, 1, &peer, rtp, size);
    rb_tap_close(tap);
    rb_writer_free(writer);
    check_outcome(&outcome, 1, 0, "");
    uint8_t *bytes = take_file(in_folder("tap"), length);
    *length -= 16;
    memmove(bytes, bytes + 16, (size_t)*length);
    return bytes;
}

static void a_packet_is_kept_as_the_format_says(void)
{
    static const uint8_t rtp[] = "\x80\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0ahello";
    static const uint8_t wanted[] = "\x88\x77\x66\x55\x44\x33\x22\x11" /* when */
                                    "\x01\x00"                         /* sent */
                                    "\x11\x00\x11\x00"                 /* kept, on the wire */
                                    "\x42\x9c\xc0\x00\x02\x11";        /* port, address */
    long size;
    uint8_t *record = record_of(1, rtp, 17, &size);
    CHECK_EQUAL(size, RECORD + 17);
    CHECK_BYTES(record, wanted, RECORD);
    CHECK_BYTES(record + RECORD, rtp, 17);
    free(record);
}

static void the_file_tells_what_its_clock_is(void)
{
    struct rb_writer *writer = rb_writer_new(RB_BLOCK_BYTES);
    struct outcome outcome = {0};
    struct timespec real, monotonic;
    rb_tap_close(rb_tap_open(writer, in_folder("tap"), 1, outcome_done, &outcome));
    rb_writer_free(writer);
    clock_gettime(CLOCK_REALTIME, &real);
    clock_gettime(CLOCK_MONOTONIC, &monotonic);
    check_outcome(&outcome, 0, 0, "");
    long size;
    uint8_t *bytes = take_file(in_folder("tap"), &size);
    CHECK_EQUAL(size, 16);
    CHECK_BYTES(bytes, "RBTAP\x01\0\0", 8);
    int64_t difference = (real.tv_sec - monotonic.tv_sec) * SECOND + real.tv_nsec - monotonic.tv_nsec;
    CHECK(llabs((int64_t)little(bytes + 8, 8) - difference) < 3600 * SECOND); /* someone may set the clock meanwhile */
    free(bytes);
}

struct cut {
    const char *rtp;
    size_t size, kept;
};

static void headers_are_kept_with_sources_and_extension(void)
{
    static const struct cut cuts[] = {
        {"\x80\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0ahello", 17, 12},
        {"\x82\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a----____hello", 25, 20},
        {"\x90\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\xbe\xde\x00\x01----hello", 25, 20},
        {"\x91\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a____\xbe\xde\x00\x00hello", 25, 20},
        {"\x90\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\xbe\xde\xff\xffhello", 21, 21}, /* longer than the packet */
        {"\x90\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\xbe\xde\x00", 15, 15},         /* cut off within it */
        {"\x8f\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0ahello", 17, 17},                 /* sources cut off */
        {"\x80\x00\x01", 3, 3},
        {"", 0, 0},
    };
    for (size_t at = 0; at < sizeof cuts / sizeof *cuts; at++) {
        const struct cut *cut = &cuts[at];
        uint8_t *exact = malloc(cut->size + !cut->size); /* so that a sanitizer sees a look beyond its end */
        memcpy(exact, cut->rtp, cut->size);
        long size;
        uint8_t *record = record_of(0, exact, cut->size, &size);
        CHECK_EQUAL(size, RECORD + (long)cut->kept);
        CHECK_EQUAL(little(record + 10, 2), cut->kept);
        CHECK_EQUAL(little(record + 12, 2), cut->size);
        CHECK_BYTES(record + RECORD, cut->rtp, cut->kept);
        free(record);
        free(exact);
    }
}

static void an_overlong_packet_is_cut(void)
{
    static uint8_t rtp[70000];
    rtp[0] = 0x80;
    rtp[RB_RTP_MAX - 1] = 9;
    long size;
    uint8_t *record = record_of(1, rtp, sizeof rtp, &size);
    CHECK_EQUAL(size, RECORD + RB_RTP_MAX);
    CHECK_EQUAL(little(record + 10, 2), RB_RTP_MAX);
    CHECK_EQUAL(little(record + 12, 2), 65535);
    CHECK_EQUAL(record[size - 1], 9);
    free(record);
}

static void packets_fill_many_blocks_and_stay_in_order(void)
{
    enum { PACKETS = 5000 };
    struct rb_writer *writer = rb_writer_new(128 * RB_BLOCK_BYTES);
    struct outcome outcome = {0};
    struct sockaddr_in peer = peer_at("127.0.0.1", 9);
    struct rb_tap *tap = rb_tap_open(writer, in_folder("tap"), 1, outcome_done, &outcome);
    uint8_t rtp[300] = {0x80};
    for (int at = 0; at < PACKETS; at++)
        rb_tap_packet(tap, at, at % 2, &peer, rtp, 12 + (size_t)(at * 7 % 288));
    rb_tap_close(tap);
    rb_writer_free(writer);
    check_outcome(&outcome, PACKETS, 0, "");
    long size, place = 16;
    uint8_t *bytes = take_file(in_folder("tap"), &size);
    int at = 0;
    for (; at < PACKETS && place + RECORD <= size; at++) {
        CHECK_EQUAL(little(bytes + place, 8), at);
        CHECK_EQUAL(bytes[place + 8], at % 2);
        CHECK_EQUAL(little(bytes + place + 10, 2), 12 + at * 7 % 288);
        place += RECORD + (long)little(bytes + place + 10, 2);
    }
    CHECK_EQUAL(at, PACKETS);
    CHECK_EQUAL(place, size);
    free(bytes);
}

/* What was handed over before is written when a file that was closed afterwards is done. */
static void catch_up(struct rb_writer *writer)
{
    sem_t reached;
    sem_init(&reached, 0, 0);
    struct outcome outcome = {.reached = &reached};
    rb_file_close(rb_file_new(writer, in_folder("mark"), outcome_done, &outcome), 0);
    sem_wait(&reached);
    unlink(in_folder("mark"));
    sem_destroy(&reached);
}

static long size_now(void)
{
    FILE *file = fopen(in_folder("tap"), "rb");
    if (!file)
        return -1;
    fseek(file, 0, SEEK_END);
    long size = ftell(file);
    fclose(file);
    return size;
}

static void a_slow_stream_is_on_disk_after_a_second(void)
{
    struct rb_writer *writer = rb_writer_new(RB_BLOCK_BYTES);
    struct outcome outcome = {0};
    struct sockaddr_in peer = peer_at("127.0.0.1", 9);
    uint8_t rtp[12] = {0x80};
    struct rb_tap *tap = rb_tap_open(writer, in_folder("tap"), 1, outcome_done, &outcome);
    rb_tap_packet(tap, 5 * SECOND, 0, &peer, rtp, sizeof rtp);
    rb_tap_packet(tap, 6 * SECOND - 1, 0, &peer, rtp, sizeof rtp);
    catch_up(writer);
    CHECK_EQUAL(size_now(), -1);
    rb_tap_packet(tap, 6 * SECOND, 0, &peer, rtp, sizeof rtp);
    catch_up(writer);
    CHECK_EQUAL(size_now(), 16 + 3 * (RECORD + 12));
    rb_tap_close(tap);
    rb_writer_free(writer);
    check_outcome(&outcome, 3, 0, "");
    unlink(in_folder("tap"));
}

static void taps_of_one_leg_keep_the_same_packets_each_in_its_way(void)
{
    struct rb_writer *writer = rb_writer_new(4 * RB_BLOCK_BYTES);
    struct outcome first = {0}, second = {0};
    struct sockaddr_in peer = peer_at("127.0.0.1", 9);
    uint8_t rtp[172] = {0x80};
    struct rb_tap *headers = rb_tap_open(writer, in_folder("headers"), 0, outcome_done, &first);
    rb_tap_packet(headers, 1, 0, &peer, rtp, sizeof rtp);
    struct rb_tap *packets = rb_tap_open(writer, in_folder("packets"), 1, outcome_done, &second);
    rb_tap_chain(packets, headers);
    rb_tap_packet(packets, 2, 1, &peer, rtp, sizeof rtp);
    rb_tap_close(packets);
    rb_writer_free(writer);
    check_outcome(&first, 2, 0, "");
    check_outcome(&second, 1, 0, "");
    long size;
    free(take_file(in_folder("headers"), &size));
    CHECK_EQUAL(size, 16 + 2 * (RECORD + 12));
    free(take_file(in_folder("packets"), &size));
    CHECK_EQUAL(size, 16 + RECORD + 172);
}

static void packets_without_room_are_dropped_and_counted(void)
{
    sem_t reached, held;
    sem_init(&reached, 0, 0);
    sem_init(&held, 0, 0);
    struct rb_writer *writer = rb_writer_new(2 * RB_BLOCK_BYTES);
    struct outcome still = {.reached = &reached, .held = &held}, outcome = {0};
    struct sockaddr_in peer = peer_at("127.0.0.1", 9);
    static uint8_t rtp[1000] = {0x80};
    rb_file_close(rb_file_new(writer, in_folder("still"), outcome_done, &still), 0);
    sem_wait(&reached);
    struct rb_tap *tap = rb_tap_open(writer, in_folder("tap"), 1, outcome_done, &outcome);
    for (int at = 0; at < 100; at++)
        rb_tap_packet(tap, at, 0, &peer, rtp, sizeof rtp);
    sem_post(&held);
    rb_tap_close(tap);
    rb_writer_free(writer);
    check_outcome(&outcome, 32, 68, "the disk was too slow"); /* sixteen of 1020 bytes in each of two blocks */
    long size;
    free(take_file(in_folder("tap"), &size));
    CHECK_EQUAL(size, 16 + 32 * 1020);
    unlink(in_folder("still"));
    sem_destroy(&reached);
    sem_destroy(&held);
}

static void a_tap_that_cannot_be_written_is_told_when_it_is_closed(void)
{
    struct rb_writer *writer = rb_writer_new(RB_BLOCK_BYTES);
    struct outcome outcome = {0};
    struct sockaddr_in peer = peer_at("127.0.0.1", 9);
    uint8_t rtp[12] = {0x80};
    struct rb_tap *tap = rb_tap_open(writer, in_folder("missing/tap"), 1, outcome_done, &outcome);
    rb_tap_packet(tap, 0, 0, &peer, rtp, sizeof rtp);
    rb_tap_packet(tap, SECOND, 0, &peer, rtp, sizeof rtp);
    catch_up(writer);
    CHECK_EQUAL(outcome.times, 0);
    rb_tap_packet(tap, 2 * SECOND, 0, &peer, rtp, sizeof rtp);
    rb_tap_close(tap);
    rb_writer_free(writer);
    check_outcome(&outcome, 0, 3, "No such file or directory");
}

int main(void)
{
    make_folder();
    RUN(a_packet_is_kept_as_the_format_says);
    RUN(the_file_tells_what_its_clock_is);
    RUN(headers_are_kept_with_sources_and_extension);
    RUN(an_overlong_packet_is_cut);
    RUN(packets_fill_many_blocks_and_stay_in_order);
    RUN(a_slow_stream_is_on_disk_after_a_second);
    RUN(taps_of_one_leg_keep_the_same_packets_each_in_its_way);
    RUN(packets_without_room_are_dropped_and_counted);
    RUN(a_tap_that_cannot_be_written_is_told_when_it_is_closed);
    CHECK_EQUAL(rmdir(written_folder), 0);
    return check_report();
}
