/* What is an RTP packet, and where its payload is. */
#include "check.h"
#include "rtp.h"

static const uint8_t PLAIN[] = {0x80, 0x80, 0xff, 0xfe, 1, 2, 3, 4, 0xde, 0xad, 0xbe, 0xef, 'a', 'b', 'c', 0};

static void a_plain_packet_is_read(void)
{
    struct rb_rtp heard;
    CHECK(rb_rtp_parse(PLAIN, sizeof PLAIN, &heard));
    CHECK_EQUAL(heard.payload_type, 0);
    CHECK(heard.marker);
    CHECK_EQUAL(heard.sequence, 0xfffe);
    CHECK_EQUAL(heard.timestamp, 0x01020304);
    CHECK_EQUAL(heard.ssrc, 0xdeadbeef);
    CHECK_EQUAL(heard.size, 4);
    CHECK_BYTES(heard.payload, "abc\0", 4);
}

static void what_is_written_is_read(void)
{
    uint8_t packet[RB_RTP_HEADER + 1] = {[RB_RTP_HEADER] = 7};
    const struct rb_rtp said = {.payload_type = 101, .sequence = 7, .timestamp = 0x80000000, .ssrc = 9};
    struct rb_rtp heard;
    rb_rtp_write(packet, &said);
    CHECK(rb_rtp_parse(packet, sizeof packet, &heard));
    CHECK_EQUAL(heard.payload_type, 101);
    CHECK(!heard.marker);
    CHECK_EQUAL(heard.sequence, 7);
    CHECK_EQUAL(heard.timestamp, 0x80000000);
    CHECK_EQUAL(heard.ssrc, 9);
    CHECK_EQUAL(heard.size, 1);
}

static void sources_extension_and_padding_are_no_payload(void)
{
    const uint8_t packet[] = {0xb2, 8, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, /* P X CC=2 */
                              0, 0, 0, 4, 0, 0, 0, 5,                /* CSRC */
                              0xbe, 0xde, 0, 1, 6, 6, 6, 6,          /* extension of one word */
                              'o', 'k', 0, 0, 3};                    /* 3 bytes of padding */
    struct rb_rtp heard;
    CHECK(rb_rtp_parse(packet, sizeof packet, &heard));
    CHECK_EQUAL(heard.size, 2);
    CHECK_BYTES(heard.payload, "ok", 2);
}

static void what_is_cut_off_is_no_packet(void)
{
    const uint8_t whole[] = {0x91, 8, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 0xbe, 0xde, 0, 1, 6, 6, 6, 6};
    struct rb_rtp heard;
    CHECK(rb_rtp_parse(whole, sizeof whole, &heard));
    CHECK_EQUAL(heard.size, 0);
    for (size_t size = 0; size < sizeof whole; size++)
        CHECK(!rb_rtp_parse(whole, size, &heard));
}

static void padding_must_fit_and_count_itself(void)
{
    uint8_t packet[] = {0xa0, 8, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 'x', 2};
    struct rb_rtp heard;
    CHECK(rb_rtp_parse(packet, sizeof packet, &heard));
    CHECK_EQUAL(heard.size, 0);
    packet[13] = 3;
    CHECK(!rb_rtp_parse(packet, sizeof packet, &heard));
    packet[13] = 0;
    CHECK(!rb_rtp_parse(packet, sizeof packet, &heard));
}

static void other_versions_rtcp_and_giants_are_no_packets(void)
{
    uint8_t packet[RB_RTP_MAX + 1] = {0x80, 0};
    struct rb_rtp heard;
    CHECK(rb_rtp_parse(packet, RB_RTP_MAX, &heard));
    CHECK(!rb_rtp_parse(packet, RB_RTP_MAX + 1, &heard));
    packet[1] = 200;
    CHECK(!rb_rtp_parse(packet, 172, &heard));
    packet[1] = 0;
    packet[0] = 0x40;
    CHECK(!rb_rtp_parse(packet, 172, &heard));
}

int main(void)
{
    RUN(a_plain_packet_is_read);
    RUN(what_is_written_is_read);
    RUN(sources_extension_and_padding_are_no_payload);
    RUN(what_is_cut_off_is_no_packet);
    RUN(padding_must_fit_and_count_itself);
    RUN(other_versions_rtcp_and_giants_are_no_packets);
    return check_report();
}
