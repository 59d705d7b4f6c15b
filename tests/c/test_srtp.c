/* SRTP against the vectors of RFC 3711, appendix B, and libsrtp's reference packets; and what may not pass. */
#include "srtp.h"

#include <pthread.h>
#include <stdlib.h>

#include "check.h"
#include "vendor/libsrtp/cipher.h"

/* RFC 3711's AES in counter mode, as libsrtp has it within. */
extern const srtp_cipher_type_t srtp_aes_icm_128;

#define HEADER 12
#define ROOM 256

/* The master key and salt of RFC 3711, B.3. */
static const uint8_t KEY[RB_SRTP_KEY] = {
    0xe1, 0xf9, 0x7a, 0x0d, 0x3e, 0x01, 0x8b, 0xe0, 0xd6, 0x4f, 0xa3, 0x2c, 0x06, 0xde, 0x41,
    0x39, 0x0e, 0xc6, 0x75, 0xad, 0x49, 0x8a, 0xfe, 0xeb, 0xb6, 0x96, 0x0b, 0x3a, 0xab, 0xe6,
};
static const uint8_t OTHER_KEY[RB_SRTP_KEY] = {1, 2, 3, 4};

struct packet {
    _Alignas(4) uint8_t bytes[ROOM];
    size_t size;
};

static struct packet rtp(uint16_t sequence, uint32_t ssrc, size_t payload)
{
    struct packet made = {.bytes = {0x80, 0x00, (uint8_t)(sequence >> 8), (uint8_t)sequence}, .size = HEADER + payload};
    for (unsigned i = 0; i < 4; i++)
        made.bytes[8 + i] = (uint8_t)(ssrc >> (24 - 8 * i));
    memset(made.bytes + HEADER, 0xd5, payload);
    return made;
}

static struct packet protected(struct rb_srtp *srtp, uint16_t sequence, uint32_t ssrc)
{
    struct packet made = rtp(sequence, ssrc, 160);
    CHECK_EQUAL(rb_srtp_protect(srtp, made.bytes, &made.size, ROOM), 0);
    return made;
}

static int passes(struct rb_srtp *srtp, struct packet packet)
{
    return rb_srtp_unprotect(srtp, packet.bytes, &packet.size) == 0;
}

/* Two ends of a call: what one sends with KEY, the other takes with it. */
static struct rb_srtp *near_end(int suite)
{
    return rb_srtp_new(suite, KEY, OTHER_KEY);
}

static struct rb_srtp *far_end(int suite)
{
    return rb_srtp_new(suite, OTHER_KEY, KEY);
}

static void keystream(const uint8_t key[RB_SRTP_KEY], uint8_t label, uint8_t *out, uint32_t size)
{
    srtp_cipher_t *cipher = NULL;
    uint8_t iv[16] = {[7] = label};
    CHECK_EQUAL(srtp_cipher_type_alloc(&srtp_aes_icm_128, &cipher, RB_SRTP_KEY, 0), 0);
    CHECK_EQUAL(srtp_cipher_init(cipher, key), 0);
    CHECK_EQUAL(srtp_cipher_set_iv(cipher, iv, srtp_direction_encrypt), 0);
    memset(out, 0, size);
    CHECK_EQUAL(srtp_cipher_encrypt(cipher, out, &size), 0);
    srtp_cipher_dealloc(cipher);
}

static void the_keystream_is_that_of_rfc_3711_b_2(void)
{
    static const uint8_t key[RB_SRTP_KEY] = {
        0x2b, 0x7e, 0x15, 0x16, 0x28, 0xae, 0xd2, 0xa6, 0xab, 0xf7, 0x15, 0x88, 0x09, 0xcf, 0x4f,
        0x3c, 0xf0, 0xf1, 0xf2, 0xf3, 0xf4, 0xf5, 0xf6, 0xf7, 0xf8, 0xf9, 0xfa, 0xfb, 0xfc, 0xfd,
    };
    static const uint8_t expected[] = {
        0xe0, 0x3e, 0xad, 0x09, 0x35, 0xc9, 0x5e, 0x80, 0xe1, 0x66, 0xb1, 0x6d, 0xd9, 0x2b, 0x4e, 0xb4,
        0xd2, 0x35, 0x13, 0x16, 0x2b, 0x02, 0xd0, 0xf7, 0x2a, 0x43, 0xa2, 0xfe, 0x4a, 0x5f, 0x97, 0xab,
        0x41, 0xe9, 0x5b, 0x3b, 0xb0, 0xa2, 0xe8, 0xdd, 0x47, 0x79, 0x01, 0xe4, 0xfc, 0xa8, 0x94, 0xc0,
    };
    uint8_t stream[sizeof expected];
    keystream(key, 0, stream, sizeof stream);
    CHECK_BYTES(stream, expected, sizeof expected);
}

static void session_keys_are_those_of_rfc_3711_b_3(void)
{
    static const uint8_t cipher_key[] = {0xc6, 0x1e, 0x7a, 0x93, 0x74, 0x4f, 0x39, 0xee,
                                         0x10, 0x73, 0x4a, 0xfe, 0x3f, 0xf7, 0xa0, 0x87};
    static const uint8_t cipher_salt[] = {0x30, 0xcb, 0xbc, 0x08, 0x86, 0x3d, 0x8c,
                                          0x85, 0xd4, 0x9d, 0xb3, 0x4a, 0x9a, 0xe1};
    static const uint8_t auth_key[] = {0xce, 0xbe, 0x32, 0x1f, 0x6f, 0xf7, 0x71, 0x6b, 0x6f, 0xd4,
                                       0xab, 0x49, 0xaf, 0x25, 0x6a, 0x15, 0x6d, 0x38, 0xba, 0xa4};
    uint8_t derived[32];
    keystream(KEY, 0, derived, sizeof cipher_key);
    CHECK_BYTES(derived, cipher_key, sizeof cipher_key);
    keystream(KEY, 2, derived, sizeof cipher_salt);
    CHECK_BYTES(derived, cipher_salt, sizeof cipher_salt);
    keystream(KEY, 1, derived, sizeof auth_key);
    CHECK_BYTES(derived, auth_key, sizeof auth_key);
}

static void the_reference_packet_is_made_and_read(void)
{
    static const uint8_t plain[28] = {
        0x80, 0x0f, 0x12, 0x34, 0xde, 0xca, 0xfb, 0xad, 0xca, 0xfe, 0xba, 0xbe, 0xab, 0xab,
        0xab, 0xab, 0xab, 0xab, 0xab, 0xab, 0xab, 0xab, 0xab, 0xab, 0xab, 0xab, 0xab, 0xab,
    };
    static const uint8_t expected[38] = {
        0x80, 0x0f, 0x12, 0x34, 0xde, 0xca, 0xfb, 0xad, 0xca, 0xfe, 0xba, 0xbe, 0x4e, 0x55, 0xdc, 0x4c, 0xe7, 0x99, 0x78,
        0xd8, 0x8c, 0xa4, 0xd2, 0x15, 0x94, 0x9d, 0x24, 0x02, 0xb7, 0x8d, 0x6a, 0xcc, 0x99, 0xea, 0x17, 0x9b, 0x8d, 0xbb,
    };
    struct rb_srtp *one = near_end(RB_SRTP_SHA1_80), *two = far_end(RB_SRTP_SHA1_80);
    struct packet packet = {.size = sizeof plain};
    memcpy(packet.bytes, plain, sizeof plain);
    CHECK_EQUAL(rb_srtp_protect(one, packet.bytes, &packet.size, ROOM), 0);
    CHECK_EQUAL(packet.size, sizeof expected);
    CHECK_BYTES(packet.bytes, expected, sizeof expected);
    CHECK_EQUAL(rb_srtp_unprotect(two, packet.bytes, &packet.size), 0);
    CHECK_EQUAL(packet.size, sizeof plain);
    CHECK_BYTES(packet.bytes, plain, sizeof plain);
    rb_srtp_free(one);
    rb_srtp_free(two);
}

static void the_reference_report_is_made_and_read(void)
{
    static const uint8_t plain[24] = {
        0x81, 0xc8, 0x00, 0x0b, 0xca, 0xfe, 0xba, 0xbe, 0xab, 0xab, 0xab, 0xab,
        0xab, 0xab, 0xab, 0xab, 0xab, 0xab, 0xab, 0xab, 0xab, 0xab, 0xab, 0xab,
    };
    static const uint8_t expected[38] = {
        0x81, 0xc8, 0x00, 0x0b, 0xca, 0xfe, 0xba, 0xbe, 0x71, 0x28, 0x03, 0x5b, 0xe4, 0x87, 0xb9, 0xbd, 0xbe, 0xf8, 0x90,
        0x41, 0xf9, 0x77, 0xa5, 0xa8, 0x80, 0x00, 0x00, 0x01, 0x99, 0x3e, 0x08, 0xcd, 0x54, 0xd6, 0xc1, 0x23, 0x07, 0x98,
    };
    struct rb_srtp *one = near_end(RB_SRTP_SHA1_32), *two = far_end(RB_SRTP_SHA1_32);
    struct packet packet = {.size = sizeof plain}, again;
    memcpy(packet.bytes, plain, sizeof plain);
    CHECK_EQUAL(rb_srtp_protect_rtcp(one, packet.bytes, &packet.size, ROOM), 0);
    CHECK_EQUAL(packet.size, sizeof expected); /* a whole tag with either suite */
    CHECK_BYTES(packet.bytes, expected, sizeof expected);
    again = packet;
    CHECK_EQUAL(rb_srtp_unprotect_rtcp(two, packet.bytes, &packet.size), 0);
    CHECK_EQUAL(packet.size, sizeof plain);
    CHECK_BYTES(packet.bytes, plain, sizeof plain);
    CHECK(rb_srtp_unprotect_rtcp(two, again.bytes, &again.size) != 0);
    rb_srtp_free(one);
    rb_srtp_free(two);
}

static void a_suite_says_how_long_the_tag_is(void)
{
    for (int suite = RB_SRTP_SHA1_80; suite <= RB_SRTP_SHA1_32; suite++) {
        struct rb_srtp *one = near_end(suite), *two = far_end(suite);
        struct packet packet = protected(one, 1, 7), plain = rtp(1, 7, 160);
        CHECK_EQUAL(packet.size, plain.size + (suite == RB_SRTP_SHA1_80 ? 10 : 4));
        CHECK(memcmp(packet.bytes + HEADER, plain.bytes + HEADER, 160) != 0);
        CHECK_EQUAL(rb_srtp_unprotect(two, packet.bytes, &packet.size), 0);
        CHECK_EQUAL(packet.size, plain.size);
        CHECK_BYTES(packet.bytes, plain.bytes, plain.size);
        rb_srtp_free(one);
        rb_srtp_free(two);
    }
    CHECK(near_end(2) == NULL);
    CHECK(near_end(-1) == NULL);
    rb_srtp_free(NULL);
}

static void one_bit_changed_is_a_drop(void)
{
    struct rb_srtp *one = near_end(RB_SRTP_SHA1_80), *two = far_end(RB_SRTP_SHA1_80);
    struct packet packet = protected(one, 100, 7);
    for (size_t bit = 0; bit < packet.size * 8; bit++) {
        struct packet forged = packet;
        forged.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        CHECK(!passes(two, forged));
    }
    CHECK(passes(two, packet));
    rb_srtp_free(one);
    rb_srtp_free(two);
}

static void another_key_or_none_is_a_drop(void)
{
    struct rb_srtp *one = near_end(RB_SRTP_SHA1_80), *two = far_end(RB_SRTP_SHA1_80);
    CHECK(!passes(one, protected(one, 1, 7))); /* our own packet sent back */
    CHECK(!passes(two, rtp(1, 7, 160)));       /* plain RTP */
    rb_srtp_free(one);
    rb_srtp_free(two);
}

static void a_packet_passes_once_and_late_ones_pass_within_the_window(void)
{
    struct rb_srtp *one = near_end(RB_SRTP_SHA1_80), *two = far_end(RB_SRTP_SHA1_80);
    struct packet packets[200];
    for (uint16_t i = 0; i < 200; i++)
        packets[i] = protected(one, i, 7);
    CHECK(passes(two, packets[0]));
    CHECK(!passes(two, packets[0]));
    CHECK(passes(two, packets[199]));
    CHECK(passes(two, packets[100]));
    CHECK(!passes(two, packets[100]));
    CHECK(!passes(two, packets[60])); /* 139 late: whether it was heard is known no more */
    rb_srtp_free(one);
    rb_srtp_free(two);
}

static void a_sequence_number_wraps_more_than_once(void)
{
    struct rb_srtp *one = near_end(RB_SRTP_SHA1_80), *two = far_end(RB_SRTP_SHA1_80);
    struct packet first = protected(one, 30000, 7);
    CHECK(passes(two, first));
    for (uint32_t i = 30001; i < 30000 + 3 * 65536; i++) {
        struct packet packet = rtp((uint16_t)i, 7, 20);
        CHECK_EQUAL(rb_srtp_protect(one, packet.bytes, &packet.size, ROOM), 0);
        if (i % 65536 >= 65530 || i % 65536 < 5)
            continue; /* lost around the wrap */
        CHECK(passes(two, packet));
    }
    CHECK(!passes(two, first)); /* heard three turns ago */
    rb_srtp_free(one);
    rb_srtp_free(two);
}

static void the_far_end_may_change_its_ssrc_a_bounded_number_of_times(void)
{
    struct rb_srtp *one = near_end(RB_SRTP_SHA1_80), *two = far_end(RB_SRTP_SHA1_80);
    struct packet first = protected(one, 9, 0);
    CHECK(passes(two, first));
    for (uint32_t ssrc = 1; ssrc < RB_SRTP_SOURCES; ssrc++)
        CHECK(passes(two, protected(one, 9, ssrc)));
    CHECK(!passes(two, protected(one, 9, RB_SRTP_SOURCES)));
    CHECK(passes(two, protected(one, 10, 3)));
    CHECK(!passes(two, first)); /* a replay, however many came since */
    rb_srtp_free(one);
    rb_srtp_free(two);
}

static void a_key_that_stays_goes_on_where_it_was(void)
{
    static const uint8_t third[RB_SRTP_KEY] = {9};
    struct rb_srtp *one = near_end(RB_SRTP_SHA1_80), *two = far_end(RB_SRTP_SHA1_80);
    struct packet old = protected(one, 65535, 7);
    CHECK(passes(two, old));
    CHECK(passes(two, protected(one, 0, 7))); /* its rollover counter is 1 from now on */
    CHECK_EQUAL(rb_srtp_change(one, RB_SRTP_SHA1_80, KEY, third), RB_SRTP_KEPT);
    CHECK_EQUAL(rb_srtp_change(two, RB_SRTP_SHA1_80, third, KEY), RB_SRTP_AFRESH);
    CHECK(passes(two, protected(one, 1, 7)));
    CHECK(!passes(two, old));
    CHECK(passes(one, protected(two, 1, 8)));
    CHECK_EQUAL(rb_srtp_change(one, RB_SRTP_SHA1_80, KEY, third), RB_SRTP_KEPT);
    CHECK_EQUAL(rb_srtp_change(one, 5, KEY, third), RB_SRTP_REFUSED);
    CHECK(passes(two, protected(one, 2, 7)));
    CHECK_EQUAL(rb_srtp_change(one, RB_SRTP_SHA1_32, KEY, third), RB_SRTP_AFRESH);
    CHECK(!passes(two, protected(one, 3, 7)));
    rb_srtp_free(one);
    rb_srtp_free(two);
}

static void there_must_be_room_for_the_trailer(void)
{
    struct rb_srtp *one = near_end(RB_SRTP_SHA1_80);
    struct packet packet = rtp(1, 7, 160), before = packet;
    CHECK(rb_srtp_protect(one, packet.bytes, &packet.size, packet.size + RB_SRTP_TRAILER - 1) != 0);
    CHECK(rb_srtp_protect_rtcp(one, packet.bytes, &packet.size, packet.size + RB_SRTCP_TRAILER - 1) != 0);
    CHECK(rb_srtp_protect(one, packet.bytes, &packet.size, 3) != 0);
    CHECK_EQUAL(packet.size, before.size);
    CHECK_BYTES(packet.bytes, before.bytes, before.size);
    CHECK_EQUAL(rb_srtp_protect(one, packet.bytes, &packet.size, packet.size + RB_SRTP_TRAILER), 0);
    rb_srtp_free(one);
}

static void a_packet_of_any_length_is_read_within_its_bounds(void)
{
    struct rb_srtp *srtp = far_end(RB_SRTP_SHA1_80);
    for (size_t size = 0; size < 120; size++)
        for (unsigned first = 0; first < 256; first++) {
            uint8_t *exact = malloc(size + 1); /* a sanitizer sees what is read behind it */
            size_t given = size;
            memset(exact, 0xff, size + 1);
            exact[0] = (uint8_t)first;
            CHECK(rb_srtp_unprotect(srtp, exact, &given) != 0);
            CHECK(rb_srtp_unprotect_rtcp(srtp, exact, &given) != 0);
            free(exact);
        }
    rb_srtp_free(srtp);
}

static void *open_and_close(void *unused)
{
    for (int i = 0; i < 50; i++) {
        struct rb_srtp *srtp = near_end(RB_SRTP_SHA1_80);
        struct packet packet = protected(srtp, 1, 7);
        CHECK_EQUAL(packet.size, HEADER + 160 + 10);
        rb_srtp_free(srtp);
    }
    return unused;
}

static void legs_are_opened_in_many_threads_at_once(void)
{
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, open_and_close, NULL);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
}

int main(void)
{
    RUN(legs_are_opened_in_many_threads_at_once);
    RUN(the_keystream_is_that_of_rfc_3711_b_2);
    RUN(session_keys_are_those_of_rfc_3711_b_3);
    RUN(the_reference_packet_is_made_and_read);
    RUN(the_reference_report_is_made_and_read);
    RUN(a_suite_says_how_long_the_tag_is);
    RUN(one_bit_changed_is_a_drop);
    RUN(another_key_or_none_is_a_drop);
    RUN(a_packet_passes_once_and_late_ones_pass_within_the_window);
    RUN(a_sequence_number_wraps_more_than_once);
    RUN(the_far_end_may_change_its_ssrc_a_bounded_number_of_times);
    RUN(a_key_that_stays_goes_on_where_it_was);
    RUN(there_must_be_room_for_the_trailer);
    RUN(a_packet_of_any_length_is_read_within_its_bounds);
    return check_report();
}
